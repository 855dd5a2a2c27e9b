import { TreeView } from "./TreeView.tsx"
export const GraphView = TreeView

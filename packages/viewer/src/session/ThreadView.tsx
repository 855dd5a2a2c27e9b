import { TreeView } from "./TreeView.tsx"
export const ThreadView = TreeView

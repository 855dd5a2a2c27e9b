import { TreeView } from "./TreeView.tsx"
export const TrajectoryView = TreeView

/**
 * The `hive` command, and the trees that it draws.
 *
 * @since 0.1.0
 */
export * as Cli from "./Cli.ts"
export * as Tree from "./Tree.ts"

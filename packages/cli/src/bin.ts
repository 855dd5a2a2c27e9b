#!/usr/bin/env node
/**
 * The program behind the name `hive`.
 */
import { main } from "./internal/main.ts"

main(process.argv.slice(2))

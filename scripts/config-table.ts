/**
 * Writes `packages/tracing/docs/CONFIG.md` from the table of fields; a test holds that it is written.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Duration } from "effect"
import { Description, HostProfile, Scenario } from "@honeyhive/tracing"

const tracing = join(import.meta.dirname, "../packages/tracing")

export const path = join(tracing, "docs/CONFIG.md")

/** The comment above each field of the table, joined to one line. */
const docs = async (): Promise<ReadonlyMap<string, string>> => {
  const source = await readFile(join(tracing, "src/internal/fields.ts"), "utf8")
  const found = source.matchAll(/^ {2}\/\*\*((?:(?!\*\/)[^])+)\*\/\n {2}(\w+):/gm)
  return new Map(
    Array.from(found, ([, comment = "", name = ""]) => [name, comment.replaceAll(/\s*\n\s*\*?\s*/g, " ").trim()])
  )
}

type Row = ReadonlyArray<string>

/** A table in the form that the formatter keeps. */
const table = (head: Row, rows: ReadonlyArray<Row>): string => {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: Row): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

const code = (names: ReadonlyArray<string>): string => names.map((name) => `\`${name}\``).join(", ")

const fieldRows = async (): Promise<ReadonlyArray<Row>> => {
  const doc = await docs()
  return Description.table().map((field) => {
    const about = doc.get(field.name)
    if (about === undefined) throw new Error(`${field.name} has no comment in fields.ts`)
    return [
      code([field.name, ...field.aliases]),
      field.nested === undefined ? "" : code([field.nested]),
      code(field.env),
      field.deprecated ? `${about} _Accepted for older programs, without effect._` : about,
      field.type,
      field.default
    ]
  })
}

const shown = (value: unknown): string =>
  Duration.isDuration(value) ? Duration.format(value) : typeof value === "number" ? String(value) : "?"

const hostTable = (): string => {
  const { kind: _, ...standard } = HostProfile.profiles.standard
  const names = Object.keys(standard) as ReadonlyArray<keyof typeof standard> // what has just been taken apart
  return table(
    ["host", ...names],
    Object.values(HostProfile.profiles).map((profile) => [
      `\`${profile.kind}\``,
      ...names.map((name) => shown(profile[name]))
    ])
  )
}

const scenarioTable = (): string =>
  table(
    ["scenario", "recognised by", "changes, on a standard host"],
    (
      [
        ["standard", "nothing else"],
        ["benchmark", "a session name with `benchmark`, `bench` or `load` in it"],
        ["high-volume", "a `batchMaxSize` above the host's, or a `batchMaxQueue` above 32,768"],
        ["test", "`testMode`, Vitest, Jest, `NODE_ENV=test`"],
        ["low-latency", "`disableBatch`, or a `batchInterval` below a second"]
      ] as const
    ).map(([kind, by]) => [
      `\`${kind}\``,
      by,
      Object.entries(Scenario.defaults[kind](HostProfile.profiles.standard))
        .map(([name, value]) => `\`${name}\` ${shown(value)}`)
        .join(", ")
    ])
  )

/** The whole document. */
export const document = async (): Promise<string> => `# Configuration

Written by \`pnpm config-table\` from \`src/internal/fields.ts\`: do not edit it.

A value comes from the first of these that has one: an option by its flat name (\`otlpEndpoint\`), the option in its group
(\`otlp: { endpoint }\`), the variables from left to right, the scenario, the host profile, the default. A variable that is
empty counts as unset; numbers of seconds are durations. What cannot be used fails the Layer with a \`TracerConfigError\`
that names the option or variable, never the value. An unknown option, or a variable one slip away from a known one, is
warned of.

\`HoneyHive.describe\` and \`TracerConfig.describe\` give the effective configuration as data, \`Description.toText\` as text;
\`HH_VERBOSE=true\` logs it once.

## Fields

${table(["option", "in a group", "variables", "what", "type", "default"], await fieldRows())}

## Hosts

Recognised by what the platform says in the environment: \`AWS_LAMBDA_FUNCTION_NAME\`, \`KUBERNETES_SERVICE_HOST\`,
\`HH_HIGH_CONCURRENCY\`, \`K_SERVICE\` or \`GAE_APPLICATION\`, \`WEBSITE_SITE_NAME\` or \`CONTAINER_APP_NAME\`,
\`ECS_CONTAINER_METADATA_URI_V4\` or \`AWS_EXECUTION_ENV\`, \`container\`, then \`/.dockerenv\`. A bare EC2 machine says
nothing: set \`HH_HOST_PROFILE=ec2\`.

${hostTable()}

## Scenarios

${scenarioTable()}
`

if (import.meta.main) {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, await document())
}

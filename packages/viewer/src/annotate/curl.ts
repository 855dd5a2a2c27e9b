/**
 * A command that sends an event to a hive once more.
 */

const END = "HONEYHIVE"

/** The hive's exports say twice what a span cannot say; only its import reads that. */
const isSpans = (value: unknown): boolean =>
  !(typeof value === "object" && value !== null && "key" in value && value.key === "hive.event")

/** A text as one word of a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * The body is what the shell reads up to a line of its own, not an argument: those end at 128 KiB. JSON has no such line, because
 * it is written on one.
 */
export const curlOf = (address: string, body: string, needsKey: boolean): string =>
  [
    `curl --silent --show-error --fail-with-body ${quoted(address)} \\`,
    "  --header 'content-type: application/json' \\",
    // The key itself is not for the clipboard
    ...(needsKey ? ['  --header "authorization: Bearer $HH_API_KEY" \\'] : []),
    `  --data-binary @- <<'${END}'`,
    JSON.stringify(JSON.parse(body), (_, value: unknown) => (Array.isArray(value) ? value.filter(isSpans) : value)),
    END,
    ""
  ].join("\n")

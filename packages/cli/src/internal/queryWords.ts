/**
 * The words with which a query begins, added to a shell's completion where the shell lets us.
 */
import { complete } from "@honeyhive/hive/TraceQuery"

type Shell = "bash" | "zsh" | "fish" | "powershell"

/** Commands whose arguments are queries. */
const commands = ["search", "ls", "stats"]

/** `type:`, `name:`, and so on. */
const words: ReadonlyArray<string> = complete("", 0).options.flatMap(({ kind, text }) =>
  kind === "field" ? [text] : []
)

const bash = `
_hive_with_fields()
{
  _hive "$@"
  local cur="\${COMP_WORDS[COMP_CWORD]}" word
  [[ \${#COMPREPLY[@]} -gt 0 || "$cur" == -* ]] && return
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      ${commands.join("|")})
        COMPREPLY=( $(compgen -W '${words.join(" ")}' -- "$cur") )
        type compopt &>/dev/null && compopt -o nospace 2>/dev/null
        return ;;
    esac
  done
}
complete -F _hive_with_fields hive
`

const fish = `
complete -c hive -n '__fish_seen_subcommand_from ${commands.join(" ")}' -f -a '${words.join(" ")}'
`

const zsh = (script: string): string => {
  const fields = `_hive_fields() {\n  compadd -S '' -- ${words.map((word) => `'${word}'`).join(" ")}\n}\n\n`
  const withFields = commands.reduce(
    (script, command) =>
      script.replace(
        new RegExp(`(_hive_${command}\\(\\) \\{(?:(?!\\n\\})[^])*?\\n +'\\*:[^\\n]*:)'(?=\\n)`),
        (_, before: string) => `${before}_hive_fields'`
      ),
    script
  )
  return withFields.replace("\n_hive() {", `\n${fields}_hive() {`)
}

/** The script of a shell with the fields of queries; PowerShell's has no place for them. */
export const withFields = (shell: Shell, script: string): string =>
  shell === "bash" ? script + bash : shell === "fish" ? script + fish : shell === "zsh" ? zsh(script) : script

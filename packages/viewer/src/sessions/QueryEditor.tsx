/**
 * The editor of a query: one line, with the hive's own completion. In a module of its own, because it is loaded later.
 */
import { autocompletion, type CompletionSource, completionKeymap, startCompletion } from "@codemirror/autocomplete"
import { history, historyKeymap, standardKeymap } from "@codemirror/commands"
import { EditorState, Prec, StateEffect, StateField } from "@codemirror/state"
import { Decoration, type DecorationSet, EditorView, keymap, placeholder as shown } from "@codemirror/view"
import { useEffect, useRef } from "react"
import type { Completion } from "@honeyhive/hive/TraceQuery"
import { read } from "../hive/api.ts"
import styles from "./QueryInput.module.css"

interface QueryEditorProps {
  readonly text: string
  readonly change: (text: string) => void
  readonly done: (text: string) => void
  readonly label: string
  readonly describedBy: string | undefined
  readonly placeholder: string
  /** Where the hive stopped understanding the text. */
  readonly mistake: number | undefined
}

const complete: CompletionSource = async ({ aborted, pos, state }) => {
  const q = state.doc.toString()
  try {
    const { from, options, to } = await read<Completion>("/api/complete", { q, cursor: pos })
    if (aborted) return null
    return {
      from,
      to,
      filter: false,
      options: options.map(({ detail, kind, text }) => ({
        label: text,
        type: kind,
        ...(detail !== undefined && { detail }),
        // A field is followed by its value: what may stand there is asked for at once
        apply: (view: EditorView, _: unknown, from: number, to: number) => {
          view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length } })
          if (kind === "field" || kind === "operator") startCompletion(view)
        }
      }))
    }
  } catch {
    // Typing goes on without it
    return null
  }
}

const setMistake = StateEffect.define<number | undefined>()

const mistakes = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    let next = transaction.docChanged ? Decoration.none : marks
    for (const effect of transaction.effects) {
      if (!effect.is(setMistake)) continue
      const end = transaction.newDoc.length
      const at = effect.value
      next =
        at === undefined || end === 0
          ? Decoration.none
          : Decoration.set(
              Decoration.mark({ class: styles["mistake"] ?? "" }).range(Math.min(at, end - 1), Math.min(end, at + 1))
            )
    }
    return next
  },
  provide: (field) => EditorView.decorations.from(field)
})

const oneLine = EditorState.transactionFilter.of((transaction) =>
  transaction.newDoc.lines > 1
    ? [
        {
          changes: {
            from: 0,
            to: transaction.startState.doc.length,
            insert: transaction.newDoc.toString().replaceAll("\n", " ")
          }
        }
      ]
    : transaction
)

const QueryEditor = ({ change, describedBy, done, label, mistake, placeholder, text }: QueryEditorProps) => {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const newest = useRef({ change, done })
  newest.current = { change, done }

  useEffect(() => {
    if (host.current === null) return
    const made = new EditorView({
      parent: host.current,
      doc: text,
      extensions: [
        Prec.high(
          keymap.of([
            {
              key: "Enter",
              run: ({ state }) => {
                newest.current.done(state.doc.toString())
                return true
              }
            },
            {
              key: "Escape",
              run: (editor) => {
                editor.contentDOM.blur()
                return true
              }
            }
          ])
        ),
        // While options are shown, Enter and Escape are theirs
        Prec.highest(keymap.of(completionKeymap)),
        autocompletion({ override: [complete], icons: false, defaultKeymap: false }),
        keymap.of([...historyKeymap, ...standardKeymap]),
        history(),
        oneLine,
        mistakes,
        shown(placeholder),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) newest.current.change(update.state.doc.toString())
        })
      ]
    })
    view.current = made
    return () => made.destroy()
    // The editor keeps its own text; what is said later reaches it below
    // oxlint-disable-next-line react/exhaustive-deps
  }, [])

  useEffect(() => {
    const editor = view.current
    if (editor === undefined || editor.state.doc.toString() === text) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } })
  }, [text])

  useEffect(() => {
    view.current?.dispatch({ effects: setMistake.of(mistake) })
  }, [mistake])

  useEffect(() => {
    const content = view.current?.contentDOM
    if (describedBy === undefined) content?.removeAttribute("aria-describedby")
    else content?.setAttribute("aria-describedby", describedBy)
  }, [describedBy])

  return <div ref={host} className={styles["editor"]} />
}

export default QueryEditor

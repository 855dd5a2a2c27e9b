import * as Context from "effect/Context"
import * as Tracer from "effect/Tracer"
import { CurrentSession } from "../Session.ts"
import * as registry from "./registry.ts"

/**
 * A context as it is under an instance that is named: with that instance's tracer, at the root of a trace, in its own
 * session. The same context where it is that instance's already; `undefined` where the instance is not open.
 */
export const enter = <R>(
  context: Context.Context<R>,
  instance: { readonly id: string }
): Context.Context<R> | undefined => {
  const entry = registry.named(instance)
  if (entry === undefined || Context.getOrUndefined(context, Tracer.Tracer) === entry.tracer) return entry && context
  // The same services, but the instance's
  return Context.omit(Tracer.ParentSpan)(context).pipe(
    Context.merge(entry.context),
    Context.add(CurrentSession, undefined)
  ) as Context.Context<R>
}

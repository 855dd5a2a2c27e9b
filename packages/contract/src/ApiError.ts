/**
 * How HoneyHive's REST API says no, and the middleware every route shares.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"

const errorFields = <Status extends number, Code extends string>(status: Status, code: Code) => ({
  statusCode: Schema.tag(status),
  message: Schema.String,
  success: Schema.tag(false),
  // Older backends leave the code out
  errorCode: Schema.tag(code).pipe(Schema.withDecodingDefaultKey(Effect.succeed(code)))
})

/**
 * The request was understood but is not acceptable; `message` says where and why.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadRequest extends Schema.Error<BadRequest>("@honeyhive/contract/BadRequest")(
  errorFields(400, "bad_request"),
  { httpApiStatus: 400 }
) {}

/**
 * The key is missing, or this backend does not accept it.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unauthorized extends Schema.Error<Unauthorized>("@honeyhive/contract/Unauthorized")(
  errorFields(401, "unauthorized"),
  { httpApiStatus: 401 }
) {}

/**
 * There is no such session, event or route.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends Schema.Error<NotFound>("@honeyhive/contract/NotFound")(errorFields(404, "not_found"), {
  httpApiStatus: 404
}) {}

/**
 * The backend failed; nothing of the request was kept.
 *
 * @category errors
 * @since 0.1.0
 */
export class InternalError extends Schema.Error<InternalError>("@honeyhive/contract/InternalError")(
  errorFields(500, "internal_error"),
  { httpApiStatus: 500 }
) {}

/**
 * `Authorization: Bearer <key>` with a project or an ingestion key.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Authorization extends HttpApiMiddleware.Service<Authorization>()("@honeyhive/contract/Authorization", {
  requiredForClient: true,
  security: { bearer: HttpApiSecurity.bearer },
  error: Unauthorized
}) {}

/**
 * Turns what the Schemas refuse into HoneyHive's error shape.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Validation extends HttpApiMiddleware.Service<Validation>()("@honeyhive/contract/Validation", {
  error: BadRequest
}) {}

/**
 * The request is well formed, but this backend cannot do it; `message` says why.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unprocessable extends Schema.Error<Unprocessable>("@honeyhive/contract/Unprocessable")(
  errorFields(422, "execution_error"),
  { httpApiStatus: 422 }
) {}

/**
 * Some events of a batch were kept (`event_ids`), the others were not (`errors`).
 *
 * @category errors
 * @since 0.1.0
 */
export class BatchFailed extends Schema.Error<BatchFailed>("@honeyhive/contract/BatchFailed")(
  {
    success: Schema.tag(false),
    event_ids: Schema.Array(Schema.String),
    errors: Schema.Array(Schema.String)
  },
  { httpApiStatus: 500 }
) {}

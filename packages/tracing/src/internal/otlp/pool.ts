/**
 * Connections as the configuration has them.
 */
import * as Redacted from "effect/Redacted"
import type { Settings } from "../../TracerConfig.ts"
import type { Pool } from "./connections.ts"

const valueOf = (secret: Redacted.Redacted | undefined) => (secret === undefined ? undefined : Redacted.value(secret))

type Proxies = Pick<Settings, "httpProxy" | "httpsProxy" | "noProxy">

/**
 * Proxies of the configuration, else those of the environment where Node has been told to use them.
 */
const proxyOf = ({ httpProxy, httpsProxy, noProxy }: Proxies): Pool["proxy"] => {
  const { env } = process
  if (httpProxy === undefined && httpsProxy === undefined && env["NODE_USE_ENV_PROXY"] !== "1") return undefined
  const usual = [
    ["HTTP_PROXY", valueOf(httpProxy) ?? env["HTTP_PROXY"] ?? env["http_proxy"]],
    ["HTTPS_PROXY", valueOf(httpsProxy) ?? env["HTTPS_PROXY"] ?? env["https_proxy"]],
    ["NO_PROXY", noProxy.length > 0 ? noProxy.join(",") : (env["NO_PROXY"] ?? env["no_proxy"])]
  ] as const
  return Object.fromEntries(usual.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** Shared by whatever speaks to one backend, in pools of their own. */
export const poolOf = (settings: Proxies & Pick<Settings, "http">): Pool => ({
  ...settings.http,
  proxy: proxyOf(settings)
})

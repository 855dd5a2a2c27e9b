import { assert, describe, it } from "@effect/vitest"
import { hasDisplay } from "./up.ts"

describe("a browser", () => {
  it("is opened where somebody would see it", () => {
    assert.isTrue(hasDisplay("darwin", {}))
    assert.isTrue(hasDisplay("win32", {}))
    assert.isTrue(hasDisplay("linux", { DISPLAY: ":0" }))
    assert.isTrue(hasDisplay("linux", { WAYLAND_DISPLAY: "wayland-0" }))
    assert.isTrue(hasDisplay("linux", { BROWSER: "lynx" }))
  })

  it("is not where nobody would", () => {
    assert.isFalse(hasDisplay("linux", {}))
    assert.isFalse(hasDisplay("linux", { DISPLAY: "" }))
    assert.isFalse(hasDisplay("darwin", { SSH_CONNECTION: "10.0.0.1 22" }))
    assert.isFalse(hasDisplay("darwin", { CI: "true" }))
  })
})

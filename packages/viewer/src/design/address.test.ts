import { assert, describe, it } from "@effect/vitest"
import { linkOf, pictureOf } from "./address.ts"

describe("addresses out of a trace", () => {
  it.each(["https://a.example/b?c=1#d", "http://a.example/", "mailto:a@b.example"])("%s may be followed", (address) => {
    assert.strictEqual(linkOf(address), address)
  })

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "https:\n//a.example",
    "\u0001javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://a.example/1",
    "file:///etc/passwd",
    "//a.example",
    "/v1/events",
    "#x",
    "?q=1",
    ""
  ])("%j may not", (address) => {
    assert.isUndefined(linkOf(address))
  })

  it("shows pictures that are in the trace, and says where others are", () => {
    assert.deepStrictEqual(pictureOf("data:image/png;base64,AAAA"), { _tag: "here", src: "data:image/png;base64,AAAA" })
    assert.deepStrictEqual(pictureOf("https://a.example:8443/p.png"), {
      _tag: "elsewhere",
      href: "https://a.example:8443/p.png",
      host: "a.example:8443"
    })
    for (const address of ["data:text/html,x", "javascript:1", "/p.png", "data:image", "blob:x"]) {
      assert.isUndefined(pictureOf(address))
    }
  })
})

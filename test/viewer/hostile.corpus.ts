/**
 * Texts that were made to harm whoever looks at them: scripts in every disguise, addresses, styles, characters that deceive, and
 * shapes that exhaust. A script that ran would say so in `window.harmed`.
 */

const run = "window.harmed=(window.harmed||0)+1"

/** Where a picture, a style or a script would be asked for that must not be. */
const ELSEWHERE = "elsewhere.invalid"

const away = `https://${ELSEWHERE}`

const html: ReadonlyArray<string> = [
  `<script>${run}</script>`,
  `<ScRiPt src=${away}/a.js></sCrIpT>`,
  `"><script>${run}</script>`,
  `</title></textarea></style></noscript><script>${run}</script>`,
  `<img src=x onerror="${run}">`,
  `<img src=${away}/pixel.png>`,
  `<img srcset="${away}/set.png 1x">`,
  `<body onload="${run}">`,
  `<input autofocus onfocus="${run}">`,
  `<details open ontoggle="${run}"><summary>x</summary></details>`,
  `<video src=${away}/v.mp4 autoplay onerror="${run}"></video>`,
  `<audio src=x onerror="${run}">`,
  `<iframe srcdoc="<script>parent.${run}</script>"></iframe>`,
  `<iframe src="javascript:${run}"></iframe>`,
  `<object data="${away}/o.swf"></object>`,
  `<embed src="${away}/e.swf">`,
  `<link rel=stylesheet href=${away}/s.css>`,
  `<link rel=import href=${away}/i.html>`,
  `<meta http-equiv=refresh content="0;url=${away}">`,
  `<base href="${away}/">`,
  `<form action="${away}"><button>x</button></form>`,
  `<a href="javascript:${run}">x</a>`,
  `<svg onload="${run}"></svg>`,
  `<svg><script>${run}</script></svg>`,
  `<svg><animate onbegin="${run}" attributeName=x dur=1s></svg>`,
  `<svg><a xlink:href="javascript:${run}"><text>x</text></a></svg>`,
  `<svg><use href="data:image/svg+xml,<svg id=x xmlns='http://www.w3.org/2000/svg'/>#x"/></svg>`,
  `<svg><foreignObject><iframe src="javascript:${run}"></foreignObject></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${run}"></style></mglyph></table></mtext></math>`,
  `<math href="javascript:${run}">x</math>`,
  `<style>@import url(${away}/x.css); * { background: url(${away}/b.png) }</style>`,
  `<div style="background:url(${away}/d.png);position:fixed;inset:0;z-index:99999">over all</div>`,
  `<template><script>${run}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${run}>">`,
  `<!--><script>${run}</script>-->`,
  `<![CDATA[<script>${run}</script>]]>`,
  `\${${run}} {{constructor.constructor('${run}')()}} <%= ${run} %>`,
  `'-${run}-'`,
  `\\u003cscript\\u003e${run}\\u003c/script\\u003e`,
  `&lt;script&gt;${run}&lt;/script&gt; &#x3C;script&#x3E;`
]

const markdown: ReadonlyArray<string> = [
  `[x](javascript:${run})`,
  `[x](JaVaScRiPt:${run})`,
  `[x](java&Tab;script:${run})`,
  `[x](&#106;avascript:${run})`,
  `[x](<java\tscript:${run}>)`,
  `[x](data:text/html,<script>${run}</script>)`,
  `[x](vbscript:${run})`,
  `[x](file:///etc/passwd)`,
  `[x](blob:${away}/1)`,
  `[x](//${ELSEWHERE}/protocol)`,
  `[x](/v1/events)`,
  `<javascript:${run}>`,
  `![x](${away}/markdown.png)`,
  `![x](//${ELSEWHERE}/relative.png)`,
  `![x](javascript:${run})`,
  `![x](data:text/html,<script>${run}</script>)`,
  `![x](data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='${run}'><script>${run}</script><image href='${away}/in.png'/></svg>)`,
  `[![x](${away}/nested.png)](javascript:${run})`,
  `[a][ref]\n\n[ref]: javascript:${run}`,
  `![a][pic]\n\n[pic]: ${away}/reference.png "title"`,
  `[x](https://ok.example/ "&quot; onmouseover=${run}")`,
  `https://user:secret@ok.example/?a=<script>${run}</script>`,
  `www.ok.example/javascript:${run}`,
  `| a |\n|---|\n| <img src=x onerror="${run}"> |\n| [x](javascript:${run}) |`,
  `a[^1]\n\n[^1]: <script>${run}</script> [x](javascript:${run})`,
  "```html\n<script>" + run + "</script>\n```",
  '```"><img src=x onerror=' + run + ">\ncode\n```",
  `# <script>${run}</script>`,
  `> <iframe src=javascript:${run}>`,
  `- [x] <img src=x onerror=${run}>`
]

const characters: ReadonlyArray<string> = [
  "invoice\u202egnp.exe",
  "\u2066isolated\u2069 \u200bzero\u200bwidth\ufeff",
  "nul \0 in the middle",
  "\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u001b[2J",
  "half \ud83d and \ude00 of it",
  "tags \u{e0041}\u{e0042}",
  `Z${"\u0300".repeat(3_000)}algo`,
  "﷽".repeat(200)
]

/** Long, or made to take long. */
export const shapes: ReadonlyArray<string> = [
  "x".repeat(200_000),
  "word ".repeat(20_000),
  "> ".repeat(5_000),
  "- ".repeat(5_000),
  "[".repeat(5_000),
  "*a **b ".repeat(1_000),
  "`".repeat(5_000),
  "|a".repeat(5_000),
  `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
  "[".repeat(10_000) + "]".repeat(10_000)
]

const names: ReadonlyArray<string> = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "../../../etc/passwd",
  "..\\..\\windows",
  "/api/sessions?x=#y",
  "%2e%2e%2f%00",
  "C:\\con",
  "",
  " ",
  "'; DROP TABLE events; --"
]

/** Short enough for a name. */
export const words: ReadonlyArray<string> = [...html, ...markdown, ...characters, ...names]

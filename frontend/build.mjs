// Bundles src/ into the folder given as the first argument, and refuses to grow past the budgets below.
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

// Gzipped bytes: a page on a slow phone connection has to stay quick.
const BUDGETS = { ".js": 40_000, ".css": 20_000 };
// What runs on other people's pages, on a respondent's phone and on a tablet in a store has limits of its own, each file
// for itself. tests/frontend holds them to the same.
const ALONE = { "cx.js": 6_000, "widget.js": 8_000, "editor.js": 8_000 };

const [outdir] = process.argv.slice(2);
if (!outdir) {
  console.error("usage: node build.mjs OUTPUT_FOLDER");
  process.exit(2);
}

await build({
  entryPoints: { app: "src/app.ts", editor: "src/editor/index.ts", styles: "src/styles/index.css" },
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome123", "firefox120", "safari17.5"],
  loader: { ".woff2": "file" },
  assetNames: "[name]-[hash]",
  legalComments: "none",
  logLevel: "warning",
});

await build({
  entryPoints: { cx: "src/snippet/index.ts", widget: "src/widget/index.ts" },
  outdir,
  bundle: true,
  minify: true,
  // a classic script: it finds its own tag by document.currentScript, and leaves no names behind
  format: "iife",
  // older than what the app asks for: visitors choose their browsers themselves
  target: "es2019",
  legalComments: "none",
  logLevel: "warning",
});

await build({
  entryPoints: { survey: "src/survey/index.ts", kiosk: "src/kiosk/index.ts", kioskworker: "src/kiosk/worker.ts" },
  outdir,
  bundle: true,
  minify: true,
  format: "iife",
  // a browser that reads less shows the same page without it; the pages' style sheet asks for no older ones
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
});

const files = await readdir(outdir);
let exceeded = false;
for (const [ending, budget] of [...Object.entries(BUDGETS), ...Object.entries(ALONE)]) {
  const parts = files.filter((name) => (name in ALONE ? name === ending : name.endsWith(ending)));
  const sizes = await Promise.all(parts.map(async (name) => gzipSync(await readFile(path.join(outdir, name))).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`${ending}: ${total} bytes gzipped of ${budget} allowed`);
  exceeded ||= total > budget;
}
if (exceeded) {
  console.error("A size budget is exceeded: make the bundle smaller, or raise the budget in frontend/build.mjs and say why.");
  process.exit(1);
}

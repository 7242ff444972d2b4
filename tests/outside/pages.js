// SPDX-License-Identifier: GPL-3.0-or-later
// Opens pages in Chromium at three sizes, light and dark, and on paper: nothing is asked of anywhere, nothing is wider
// than the window, axe-core finds nothing, exactly one shape of each treemap is shown, and letters are large enough.
//   node pages.js PAGE...           prints what is wrong, and ends with 1
const fs = require("fs");
const { chromium } = require("playwright-core");

const SIZES = [["phone", 390, 844], ["laptop", 1280, 800], ["desk", 1920, 1080]];
const LEAST_LETTER = 9; // pixels

const faults = [];
function expect(what, fine) {
  if (!fine) faults.push(what);
}

// What the page looks like, as the page knows it.
function look() {
  const shown = (one) => one.getClientRects().length > 0;
  const pictures = {};
  for (const svg of document.querySelectorAll("svg[data-picture]")) {
    const name = svg.dataset.picture;
    pictures[name] = (pictures[name] || 0) + (shown(svg) ? 1 : 0);
  }
  let letter = Infinity;
  for (const text of document.querySelectorAll("svg[data-picture] text")) {
    if (shown(text)) letter = Math.min(letter, 12 * text.getScreenCTM().a);
  }
  const page = document.documentElement;
  return { pictures, letter, over: page.scrollWidth - page.clientWidth };
}

async function open(browser, file, width, height, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, bypassCSP: true });
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => { if (request.url() !== "file://" + file) asked.push(request.url()); });
  page.on("console", (message) => { if (message.type() === "error") faults.push(file + ": " + message.text()); });
  await page.goto("file://" + file);
  return { context, page, asked };
}

async function judge(browser, file, [name, width, height], scheme, axe) {
  const { context, page, asked } = await open(browser, file, width, height, scheme);
  const where = `${file}, ${name}, ${scheme}: `;
  const seen = await page.evaluate(look);
  expect(where + "asks for " + asked.join(" "), asked.length === 0);
  expect(where + `${seen.over} pixels wider than the window`, seen.over <= 0);
  for (const [picture, n] of Object.entries(seen.pictures)) expect(where + `${n} shapes of ${picture}`, n === 1);
  expect(where + `letters of ${seen.letter} pixels`, seen.letter >= LEAST_LETTER);
  await page.addScriptTag({ content: axe });
  const result = await page.evaluate(() => window.axe.run());
  for (const one of result.violations) faults.push(where + one.id + ": " + one.nodes[0].html.slice(0, 200));
  expect(where + "axe-core looked at nothing", result.passes.length > 10);
  await context.close();
}

async function print(browser, file) {
  const { context, page, asked } = await open(browser, file, 1280, 800, "dark");
  await page.pdf({ path: file + ".pdf", format: "A4" });
  await page.emulateMedia({ media: "print" });
  const seen = await page.evaluate(look);
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(file + ", on paper: asks for " + asked.join(" "), asked.length === 0);
  expect(file + ", on paper: the ground is " + ground, ground === "rgb(255, 255, 255)");
  for (const [picture, n] of Object.entries(seen.pictures)) expect(`${file}, on paper: ${n} shapes of ${picture}`, n === 1);
  await context.close();
}

async function main() {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu",
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
  const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  for (const file of process.argv.slice(2)) {
    for (const size of SIZES) await judge(browser, file, size, "light", axe);
    await judge(browser, file, SIZES[0], "dark", axe);
    await print(browser, file);
  }
  await browser.close();
  for (const one of faults) console.log(one);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

main();

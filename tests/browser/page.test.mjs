// The page of `ulmfit serve`, driven in a browser.
//
//   node page.test.mjs URL BROWSER
//
// The server at URL has a model whose labels are hostile: markup, quotes, a right-to-left mark.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [url, executablePath] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b> & \u202e";

const tests = [];
const test = (name, run, options = {}) => tests.push({ name, run, options });

/** A fresh page; fails on errors of scripts, on refusals of the policy, and on foreign requests. */
async function open(options) {
  const context = await browser.newContext({ bypassCSP: false, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("request", (request) => {
    const to = new URL(request.url());
    const here = to.origin === new URL(url).origin || ["data:", "blob:"].includes(to.protocol);
    if (!here) wrong.push("a request to " + request.url());
  });
  await page.goto(url);
  await page.locator("#card dt").first().waitFor();
  return { page, context, wrong };
}

/** axe-core's violations; it is a script of ours, which the policy of the page would refuse. */
async function violations(options, prepare) {
  const context = await browser.newContext({ bypassCSP: true, ...options });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator("#card dt").first().waitFor();
  await prepare(page);
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  await context.close();
  return found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((n) => n.html).join(" ")}`);
}

const classify = async (page, text) => {
  await page.locator("#field-0").fill(text);
  await page.locator("#go").click();
  await page.locator("#answer .answer").waitFor();
};

const csv = (rows) => Buffer.from(rows.join("\n") + "\n");
const table = csv([
  "id,note,message",
  ...Array.from({ length: 150 }, (_, n) => `${n},"a, b","${n % 2 ? "lovely great superb" : 'dull ""poor"" awful'} film ${n}"`),
  `150,x,"${HOSTILE.replaceAll('"', '""')}"`,
]);

const drop = async (page) => {
  await page.locator("#file").setInputFiles({ name: "notes.csv", mimeType: "text/csv", buffer: table });
  await page.locator("#start").waitFor();
};

const run = async (page) => {
  await page.locator("#start").click();
  await page.locator("#found").waitFor({ timeout: 120_000 });
};

test("a text gets a label and a bar per label", async ({ page }) => {
  await classify(page, "a lovely film");
  const names = await page.locator("#answer .bars .name").allTextContents();
  assert.equal(names.length, 2);
  const widths = await page.locator("#answer .fill").evaluateAll((all) => all.map((one) => parseFloat(one.style.width)));
  assert.ok(Math.abs(widths[0] + widths[1] - 100) < 0.01, `bars of ${widths}`);
  assert.ok(widths[0] >= widths[1], "the likeliest first");
  assert.equal(await page.locator("#answer .answer").textContent(), names[0]);
  const set = await page.locator("#answer .set").textContent();
  assert.ok(set.includes(names[0]), set);
  assert.match(await page.locator("#answer").textContent(), /4 tokens, \d+ tokens? not in the vocabulary/);
});

test("the words of the text are marked", async ({ page }) => {
  await classify(page, "\u{1f600} a lovely, lovely film");
  assert.equal(await page.locator("#answer .words").textContent(), "\u{1f600} a lovely, lovely film", "nothing is lost or moved");
  const marks = await page.locator("#answer mark").allTextContents();
  assert.ok(marks.includes("lovely"), `marked: ${marks}`);
  assert.match(await page.locator("#answer .strongest").textContent(), /“.+” [+−]0\.\d{3}/);
});

test("hostile texts and labels stay text", async ({ page }) => {
  await classify(page, HOSTILE);
  await drop(page);
  await run(page);
  assert.equal(await page.title(), "ulmfit", "a script ran");
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.locator("main b").count(), 0);
  const labels = (await page.locator("#card dd").allTextContents()).join(" ");
  assert.ok(labels.includes("<img src=x onerror="), labels);
  assert.ok((await page.locator("#rows").textContent()).includes("<img src=x onerror="));
  assert.ok((await page.locator("#answer").textContent()).includes("<img src=x onerror="));
});

test("a table is classified, ordered, filtered and downloaded", async ({ page }) => {
  await drop(page);
  const column = page.locator("#column-0");
  const chosen = () => column.evaluate((select) => select.selectedOptions[0].textContent);
  assert.equal(await chosen(), "message", "guessed by its name");
  await column.selectOption({ label: "note" });
  assert.equal(await chosen(), "note");
  await column.selectOption({ label: "message" });
  await run(page);
  assert.match(await page.locator("#done").textContent(), /^151 rows classified/);
  assert.equal(await page.locator("#rows tr").count(), 151);
  const confidences = () => page.locator("#rows tr td:nth-child(3)").evaluateAll((all) => all.map((cell) => parseFloat(cell.textContent)));
  await page.locator("#order").selectOption("unsure");
  const unsure = await confidences();
  assert.deepEqual(unsure, [...unsure].sort((a, b) => a - b));
  await page.locator("#order").selectOption("sure");
  const sure = await confidences();
  assert.deepEqual(sure, [...sure].sort((a, b) => b - a));
  await page.locator("#only").selectOption({ index: 1 });
  const name = await page.locator("#only").evaluate((select) => select.selectedOptions[0].textContent);
  const labels = new Set(await page.locator("#rows tr td:nth-child(2)").allTextContents());
  assert.deepEqual([...labels], [name]);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save").click()]);
  assert.equal(download.suggestedFilename(), "notes-labelled.csv");
  const text = await readFile(await download.path(), "utf8");
  assert.ok(text.startsWith("id,note,message,label,confidence,\"p("), text.slice(0, 200));
  assert.equal(text.trimEnd().split("\r\n").length, 152);
  assert.ok(text.includes('0,"a, b","dull ""poor"" awful film 0",'), "cells are quoted as they were");
});

test("it works by keyboard alone", async ({ page }) => {
  await page.locator("#field-0").focus();
  await page.keyboard.type("a lovely film");
  await page.keyboard.press("Control+Enter");
  await page.locator("#answer .answer").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "go");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, "none", "the focus can be seen");
});

test("the command line to copy is the request", async ({ page }) => {
  await page.locator("#field-0").fill("it's a \"film\"");
  const line = await page.locator("#curl").textContent();
  assert.equal(line, `curl '${new URL("predict", url)}' --json '{"text":"it'\\''s a \\"film\\""}'`);
});

test("a server that is gone is named", async ({ page, wrong }) => {
  await page.route("**/predict", (route) => route.fulfill({
    status: 503, contentType: "application/problem+json",
    body: JSON.stringify({ detail: "the server has been told to stop", status: 503 }),
  }));
  await page.locator("#field-0").fill("x");
  await page.locator("#go").click();
  await page.locator("#trouble").filter({ hasText: "told to stop" }).waitFor();
  wrong.length = 0; // the browser reports the status, too
});

for (const colorScheme of ["light", "dark"]) {
  test(`390 pixels, ${colorScheme}: nothing to scroll sideways`, async ({ page }) => {
    await classify(page, "a lovely film");
    await drop(page);
    await run(page);
    const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= width, `${content} pixels in ${width}`);
  }, { viewport: { width: 390, height: 800 }, colorScheme });

  test(`axe-core has nothing to say, ${colorScheme}`, async () => {
    const found = await violations({ colorScheme }, async (page) => {
      await classify(page, "a lovely film");
      await drop(page);
      await run(page);
    });
    assert.deepEqual(found, []);
  });
}

let failed = 0;
for (const { name, run, options } of tests) {
  const { page, context, wrong } = await open(options);
  try {
    await run({ page, context, wrong });
    assert.deepEqual(wrong, [], "errors of the page");
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
  await context.close();
}
await browser.close();
console.log(failed ? `${failed} of ${tests.length} failed` : `${tests.length} passed`);
process.exit(failed ? 1 : 0);

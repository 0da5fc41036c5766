// The workbench, driven in a browser: one walk from a file to labelled rows and a second training.
//
//   node workbench.test.mjs PROGRAM BROWSER DATA LABELLED [SCREENSHOTS]
//
// DATA is a CSV file of texts of which LABELLED have a label; some labels are hostile.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [program, executablePath, data, labelled, screenshots] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const SLOW = 240_000;

/** Starts a workbench in a folder; gives its address and how to end it. */
async function start(folder, signal = "SIGTERM") {
  const child = spawn(program, ["workbench", "-o", folder, "--json", "-q", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (bytes) => { text += bytes; if (text.includes("\n")) resolve(text); });
    child.on("exit", (code) => reject(new Error(`the workbench ended with ${code}`)));
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return { url: JSON.parse(line).listening, end: async () => { child.kill(signal); await ended; } };
}

/** A fresh page; errors of scripts, refusals of the policy and foreign requests are collected. */
async function open(url, options) {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("request", (request) => {
    const to = new URL(request.url());
    const here = to.origin === new URL(url).origin || ["data:", "blob:", "about:"].includes(to.protocol);
    if (!here) wrong.push("a request to " + request.url());
  });
  await page.goto(url);
  await page.waitForURL(new URL("/", url).href);
  return { context, page, wrong };
}

/** axe-core's violations of what is on the page; the policy of the page would refuse the script in it. */
async function check(url, hash, options, prepare = async () => {}) {
  const context = await browser.newContext({ bypassCSP: true, ...options });
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForURL(new URL("/", url).href);
  await page.goto(new URL("/#" + hash, url).href);
  await page.locator("#where").filter({ hasText: "/" }).waitFor();
  await prepare(page);
  const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= width, `${hash}: ${content} pixels in ${width}`);
  if (screenshots) {
    const name = `${hash}-${options.viewport.width}-${options.colorScheme}.png`;
    await page.screenshot({ path: join(screenshots, name), fullPage: true });
  }
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  await context.close();
  const told = found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((n) => n.html).join(" ")}`);
  assert.deepEqual(told, [], `${hash} at ${options.viewport.width}, ${options.colorScheme}`);
}

const rows = async (page) => Number(await page.locator("#label-figures .figure").first().textContent());
const name = async (page, who) => {
  await page.locator("#by").fill(who);
  await page.keyboard.press("Enter");
  await page.locator("#text .body").first().waitFor();
};

async function walk(width) {
  const folder = await mkdtemp(join(tmpdir(), "workbench-"));
  const viewport = { width, height: 850 };
  let bench = await start(folder);
  try {
    const { page, context, wrong } = await open(bench.url, { viewport });

    // without the key there is nothing to see
    const stranger = await (await browser.newContext()).newPage();
    const answer = await stranger.goto(new URL("/", bench.url).href);
    assert.equal(answer.status(), 403);
    await stranger.context().close();

    // a file, and what the check says
    await page.locator("#file").setInputFiles(data);
    await page.locator("#file-facts").filter({ hasText: `${labelled} with a label` }).waitFor();
    await page.locator("#findings").filter({ hasText: "You can label them here" }).waitFor();
    assert.equal(await page.locator("#text-columns input:checked").count(), 1);
    assert.ok((await page.locator("#check-command").textContent()).startsWith("ulmfit check-data "));

    // a training, by keyboard
    await page.locator("#to-train").focus();
    await page.keyboard.press("Enter");
    await page.locator("#method").selectOption("tfidf");
    await page.locator("#start").focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /error|ready/.test(document.querySelector("#note-report").textContent), null, { timeout: SLOW });

    // its report, which cannot run anything
    await page.goto(new URL("/#report", bench.url).href);
    await page.frameLocator("#frame").locator("h1, h2").first().waitFor();
    assert.equal(await page.locator("#frame").getAttribute("sandbox"), "");

    // labels by keyboard alone
    await page.goto(new URL("/#label", bench.url).href);
    await name(page, "Ann");
    const first = await page.locator("#text").textContent();
    await page.keyboard.press("1");
    await page.locator("#saved").filter({ hasText: "Saved" }).waitFor();
    assert.notEqual(await page.locator("#text").textContent(), first, "another text");
    await page.keyboard.press("u");
    await page.locator("#saved").filter({ hasText: "Taken back" }).waitFor();
    assert.equal(await page.locator("#text").textContent(), first, "undo shows the text again");
    for (let n = 0; n < 12; n++) {
      const now = await page.locator("#of-text").textContent();
      await page.keyboard.press(n % 2 ? "2" : "1");
      await page.waitForFunction((now) => document.querySelector("#of-text").textContent !== now, now);
    }
    await page.keyboard.press("s");
    await page.locator("#saved").filter({ hasText: "Skipped" }).waitFor();
    await page.waitForFunction(() => document.querySelector("#label-figures .figure")?.textContent === "12");
    assert.equal(await page.title(), "Workbench · ulmfit", "a label ran as a script");
    assert.equal(await page.locator("main img").count(), 0);
    assert.deepEqual(wrong, []);
    await context.close();

    // nothing is lost by a kill, and two people work side by side
    await bench.end();
    bench = await start(folder, "SIGKILL");
    const again = await open(bench.url, { viewport });
    await again.page.goto(new URL("/#label", bench.url).href);
    await again.page.waitForFunction(() => document.querySelector("#note-label").textContent === "12 labels given");
    await name(again.page, "Bo");
    await again.page.keyboard.press("1");
    await again.page.waitForFunction(() => document.querySelector("#label-figures .figure")?.textContent === "13");
    await bench.end();
    again.wrong.length = 0;
    await again.context.close();
    bench = await start(folder);
    const lines = (await readFile(join(folder, "labels.jsonl"), "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines.length, 16, "14 labels, one of them undone, one skipped");
    assert.deepEqual([...new Set(lines.map((line) => line.by))], ["Ann", "Bo"]);

    // train again with them
    const last = await open(bench.url, { viewport });
    await last.page.goto(new URL("/#label", bench.url).href);
    await last.page.locator("#retrain").click();
    await last.page.waitForFunction(() => location.hash === "#train");
    await last.page.goto(new URL("/#report", bench.url).href);
    await last.page.locator("#curve-rows tr").nth(1).waitFor({ timeout: SLOW });
    assert.equal(await rows(last.page), 13);

    // and take the model along
    await last.page.goto(new URL("/#use", bench.url).href);
    const [download] = await Promise.all([last.page.waitForEvent("download"), last.page.locator("#download").click()]);
    assert.equal(download.suggestedFilename(), "model-2.tar");
    const tar = await readFile(await download.path());
    assert.ok(tar.includes("model-2/manifest.json") && tar.includes("model-2/report.html"));
    assert.deepEqual(last.wrong, []);
    await last.context.close();

    // all four for whoever looks at the pictures
    const usual = [width > 1000 ? "light" : "dark"];
    for (const colorScheme of screenshots ? ["light", "dark"] : usual) {
      for (const hash of ["texts", "train", "report", "label", "use"]) {
        const prepare = {
          label: (page) => name(page, "Ann"),
          report: (page) => page.frameLocator("#frame").locator("h1, h2").first().waitFor(),
        }[hash];
        await check(bench.url, hash, { viewport, colorScheme }, prepare);
      }
    }
    console.log(`ok      from a file to a second training at ${width} pixels`);
  } finally {
    await bench.end();
    await rm(folder, { recursive: true, force: true });
  }
}

let failed = 0;
for (const width of [1280, 390]) {
  try {
    await walk(width);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  at ${width} pixels\n${error.stack}`);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);

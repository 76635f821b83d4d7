// Looks at every page that the service serves as its readers do: wide and light, on a phone in the dark, by keyboard,
// and with the rules of axe for whoever listens to it.
// Usage: node check.mjs LOG FOLDER FILE…, with the service's log as JSON, where screenshots go, and plans as files.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "playwright-core";

const [log, folder, ...files] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const policies = ["adatum", "broken", "fabrikam", "held", "hostile"];
const views = {
  wide: { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  phone: { viewport: { width: 360, height: 740 }, colorScheme: "dark", isMobile: true, hasTouch: true },
};
const faults = [];

function entries() {
  return readFileSync(log, "utf8").split("\n").filter((it) => it.startsWith("{")).map((it) => JSON.parse(it).fields);
}

// The service is ready once it said of every policy what became of its first look.
async function address() {
  for (let tries = 0; tries < 300; tries++) {
    const said = entries();
    const looked = policies.every((name) =>
      said.some((it) => it.policy === name && ["cycle ended", "both sides cannot be looked at"].includes(it.message)));
    const listens = said.find((it) => it.message === "monitoring is answered");
    if (listens && looked) return `http://${listens.address}`;
    await pause(200);
  }
  throw new Error(`the service did not look at all policies:\n${readFileSync(log, "utf8")}`);
}

// What is wrong with the page that is open, whoever looks at it.
async function examine(page, where) {
  const found = await page.evaluate(() => ({
    scripts: document.querySelectorAll("script, [onload], [onerror], [onclick]").length,
    tooWide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    headings: document.querySelectorAll("h1").length,
  }));
  if (found.scripts !== 0) faults.push(`${where}: ${found.scripts} scripts`);
  if (found.tooWide > 0) faults.push(`${where}: ${found.tooWide} pixels wider than the window`);
  if (found.headings !== 1) faults.push(`${where}: ${found.headings} headings of the first order`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, help, nodes } of violations) {
    faults.push(`${where}: ${id}: ${help}: ${nodes.map((it) => it.html).slice(0, 3).join("  ")}`);
  }
}

// A tab that notes whatever it should not do.
async function tab(context, base) {
  const page = await context.newPage();
  page.on("console", (it) => {
    if (!it.text().includes("status of 404")) faults.push(`${page.url()}: console: ${it.text()}`);
  });
  page.on("pageerror", (it) => faults.push(`${page.url()}: ${it}`));
  page.on("dialog", (it) => faults.push(`${page.url()}: a dialog: ${it.message()}`));
  page.on("request", (it) => {
    if (!it.url().startsWith(base)) faults.push(`${page.url()}: asks for ${it.url()}`);
  });
  return page;
}

// Opens a page and all pages that it leads to, once each.
async function crawl(context, base, view) {
  const page = await tab(context, base);
  const names = ["html@contoso.com", "nobody"];
  const ahead = ["/?refresh=off"];
  for (const name of names) ahead.push(`/policy/hostile/explain?who=${encodeURIComponent(name)}`);
  const seen = new Set();
  while (ahead.length > 0) {
    const path = ahead.shift();
    if (seen.has(path)) continue;
    seen.add(path);
    const answer = await page.goto(base + path);
    const where = `${view} ${path}`;
    if (answer.status() !== (path.endsWith("=nobody") ? 404 : 200)) faults.push(`${where}: status ${answer.status()}`);
    if (!answer.headers()["content-security-policy"]?.includes("default-src 'none'")) faults.push(`${where}: no CSP`);
    await examine(page, where);
    const name = path.replace("?refresh=off", "").replace(/explain\?who=(\w+).*/, "explain-$1").replace(/^\/$/, "overview").replace(/^\//, "").replaceAll("/", "-");
    await page.screenshot({ path: `${folder}/${view}-${name}.png`, fullPage: true });
    const links = await page.evaluate(() => [...document.links].map((it) => it.getAttribute("href")));
    for (const link of links) {
      const to = new URL(link, base + path);
      if (to.origin !== base) faults.push(`${where}: leads to ${to.origin}`);
      // The same page, standing still: it would come again by itself in the midst of a look.
      else ahead.push(to.pathname + (to.pathname.includes("/explain") ? to.search : "?refresh=off"));
    }
  }
  await page.close();
  return seen;
}

// Opens plans that were printed into files.
async function printed(context, view) {
  const page = await tab(context, "file://");
  for (const file of files) {
    await page.goto(`file://${file}`);
    await examine(page, `${view} ${file}`);
    await page.screenshot({ path: `${folder}/${view}-printed-${basename(file, ".html")}.png`, fullPage: true });
  }
  await page.close();
}

// The first key leads past the heading, the form works without a mouse.
async function byKeyboard(context, base) {
  const page = await context.newPage();
  await page.goto(`${base}/policy/hostile?refresh=off`);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement?.getAttribute("href"));
  if (first !== "#main") faults.push(`the first key leads to ${first}`);
  await page.focus("#who");
  await page.keyboard.type("html@contoso.com");
  await page.keyboard.press("Enter");
  await page.waitForURL(/explain\?who=/);
  const text = await page.innerText("main");
  if (!text.includes("html@contoso.com")) faults.push(`the form answered: ${text}`);
  await page.close();
}

const base = await address();
// As root, which CI may be, Chromium has no sandbox; and it is to speak with nobody else.
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--no-first-run"];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
let pages;
for (const [view, settings] of Object.entries(views)) {
  const context = await browser.newContext(settings);
  pages = await crawl(context, base, view);
  await printed(context, view);
  if (view === "wide") await byKeyboard(context, base);
  await context.close();
}
await browser.close();
for (const name of policies) {
  if (!pages.has(`/policy/${name}?refresh=off`)) faults.push(`no page leads to the policy ${name}`);
}
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
console.log(`${pages.size} pages and ${files.length} plans, each wide and on a phone: nothing to find fault with`);

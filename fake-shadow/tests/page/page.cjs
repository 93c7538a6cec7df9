// The live page as a person uses it. Started by run.sh, which says where the server is.
"use strict";

const { execFileSync } = require("node:child_process");
const { chromium } = require("playwright-core");

const { PAGE_URL: url, PAGE_PICTURES: pictures } = process.env;
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
const PAIR = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

let [passed, failed] = [0, 0];

async function test(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n     ${String(error.message).split("\n").slice(0, 6).join("\n     ")}`);
  }
}

function equal(actual, expected) {
  const [is, wanted] = [actual, expected].map((value) => JSON.stringify(value));
  if (is !== wanted) throw new Error(`actual:   ${is}\nexpected: ${wanted}`);
}

function holds(text, piece) {
  if (!text.includes(piece)) throw new Error(`actual:   ${text.slice(0, 400)}\nexpected: a text with ${piece}`);
}

async function control(method, path, body) {
  const answer = await fetch(`${url}/_shadowrig${path}`, { method, body: body && JSON.stringify(body) });
  return answer.json();
}

/** A request of a device, signed by curl; the status, 0 if there was none. */
function device(method, path, body, secret = PAIR.secret) {
  const args = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-m", "20", "-X", method, `${url}${path}`,
    "--aws-sigv4", "aws:amz:us-east-1:iotdata", "--user", `${PAIR.id}:${secret}`];
  if (body) args.push("--data", body);
  try { return Number(execFileSync("curl", args)); } catch (error) { return Number(error.stdout); }
}

const wait = { timeout: 15000 };

async function picture(browser, name, scheme, width, open) {
  if (!pictures) return;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
  await page.goto(url);
  await page.getByText("live", { exact: true }).waitFor(wait);
  if (open) {
    await page.locator("summary", { hasText: "signature refused" }).first().click();
    await page.locator(".explained h4").first().waitFor(wait);
  }
  await page.evaluate("scrollTo(0, 0)");
  await page.screenshot({ path: `${pictures}/${name}-${width}-${scheme}.png`, fullPage: true });
  await page.close();
}

async function pictureAll(browser, name, open) {
  for (const scheme of ["light", "dark"]) {
    for (const width of [1280, 390]) await picture(browser, name, scheme, width, open);
  }
}

async function emptyPage(page) {
  await test("an empty page says what to do next", async () => {
    await page.getByText("No thing has a shadow yet").waitFor(wait);
    holds(await page.locator("#curl").textContent(), `curl ${url}/things/lamp/shadow`);
    equal(await page.locator("#endpoint").textContent(), url);
    equal(await page.locator("#no-requests").isVisible(), true);
  });
  await test("a shadow is made in the page", async () => {
    await page.getByRole("button", { name: "New shadow" }).click();
    await page.getByLabel("Thing", { exact: true }).fill("lamp");
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator(".shadow h3", { hasText: "lamp" }).waitFor(wait);
    equal((await control("GET", "/things/lamp/shadow")).state.desired, { on: true });
  });
}

async function shadows(page) {
  const card = page.locator(".shadow", { hasText: "lamp" }).filter({ hasText: "classic" });
  await test("what a device reports appears by itself", async () => {
    equal(device("POST", "/things/lamp/shadow", "{\"state\":{\"reported\":{\"on\":false,\"note\":\"x\"}}}"), 200);
    await card.locator(".reported pre", { hasText: "\"on\": false" }).waitFor(wait);
    holds(await card.locator(".delta pre").textContent(), "\"on\": true");
  });
  await test("an edit changes desired and keeps digits", async () => {
    await card.getByRole("button", { name: "Edit desired of lamp" }).click();
    await card.locator("textarea").fill("{\"level\": 18446744073709551615, \"warm\": 2.0}");
    await card.getByRole("button", { name: "Send" }).click();
    await card.locator(".desired pre", { hasText: "18446744073709551615" }).waitFor(wait);
    const answer = await fetch(`${url}/_shadowrig/things/lamp/shadow`);
    holds(await answer.text(), "\"desired\":{\"level\":18446744073709551615,\"warm\":2.0}");
  });
  await test("a refusal shows the words of AWS", async () => {
    await card.getByRole("button", { name: "Edit desired of lamp" }).click();
    await card.locator("textarea").fill("{\"level\": 1}");
    await control("PUT", "/things/lamp/shadow", { state: { desired: { other: 1 } } });
    await card.getByRole("button", { name: "Send" }).click();
    await card.getByText("409: Version conflict").waitFor(wait);
    await page.keyboard.press("Escape");
    equal(await card.locator("textarea").count(), 0);
  });
  await test("what cannot be read is not sent", async () => {
    await card.getByRole("button", { name: "Edit reported of lamp" }).click();
    await card.locator("textarea").fill("[1]");
    await page.keyboard.press("Control+Enter");
    await card.getByText("an object is wanted").waitFor(wait);
    await card.getByRole("button", { name: "Cancel" }).click();
  });
  await test("markup in documents stays text", async () => {
    await control("PUT", "/things/lamp/shadows/config", { state: { desired: { [EVIL]: EVIL }, reported: { "</pre>": 1 } } });
    const named = page.locator(".shadow", { hasText: "config" });
    await named.locator(".desired pre", { hasText: "<script>" }).waitFor(wait);
    equal(await page.locator("#shadows script, #shadows img").count(), 0);
    equal(await page.title(), "Shadowrig, fake cloud");
  });
}

async function requests(page) {
  await test("a good signature says who signed", async () => {
    equal(device("GET", "/things/lamp/shadow"), 200);
    const row = page.locator("#log details", { hasText: "GET /things/lamp/shadow" }).first();
    await row.getByText("signed by AKIDEXAMPLE").waitFor(wait);
    equal(await row.locator(".status").textContent(), "200");
  });
  await test("a bad signature is explained on a click", async () => {
    equal(device("GET", "/things/lamp/shadow", undefined, `${PAIR.secret}\n`), 403);
    const row = page.locator("#log details", { hasText: "signature refused" }).first();
    await row.locator("summary").click();
    await row.locator(".explained .help").first().waitFor(wait);
    holds(await row.locator(".explained").textContent(), "Canonical request");
    equal((await page.content()).includes(PAIR.secret), false);
  });
  await test("markup in targets and headers stays text", async () => {
    execFileSync("curl", ["-s", "-o", "/dev/null", "-H", `X-Evil: ${EVIL}`, "-d", EVIL, `${url}/things/%3Cscript%3E/shadow`]);
    const row = page.locator("#log details", { hasText: "%3Cscript%3E" }).first();
    await row.locator("summary").focus();
    await page.keyboard.press("Enter");
    await row.locator(".told pre", { hasText: "onerror" }).first().waitFor(wait);
    equal(await page.locator("#log script, #log img").count(), 0);
    equal(await page.title(), "Shadowrig, fake cloud");
  });
}

async function faultsAndClock(page) {
  await test("a click arms a fault, which acts and is spent", async () => {
    await page.getByLabel("Kind").selectOption("status");
    await page.getByLabel("Times").fill("1");
    await page.getByRole("button", { name: "Arm" }).click();
    await page.locator("#faults li", { hasText: "met 0, of 1" }).waitFor(wait);
    equal(device("GET", "/things/lamp/shadow"), 503);
    await page.locator("#faults li.spent", { hasText: "met 1" }).waitFor(wait);
    await page.locator("#log .fault", { hasText: "status" }).first().waitFor(wait);
  });
  await test("a fault that cannot be read is refused with what would be right", async () => {
    await page.getByLabel("Parameters, as JSON").fill("{\"code\": 42}");
    await page.getByRole("button", { name: "Arm" }).click();
    await page.locator("#arm output.refused", { hasText: "400: code" }).waitFor(wait);
  });
  await test("faults are cleared", async () => {
    await page.getByRole("button", { name: "Clear all" }).click();
    await page.locator("#no-faults").waitFor(wait);
    equal((await control("GET", "/faults")).faults, []);
  });
  await test("the clock is moved and set back", async () => {
    await page.getByRole("button", { name: "+1 h" }).click();
    await page.getByRole("button", { name: "−6 min" }).click();
    await page.getByText("54 min ahead").waitFor(wait);
    equal((await control("GET", "/clock")).offset_ms, 3240000);
    await page.getByRole("button", { name: "Back in step" }).click();
    await page.getByText("in step with the machine").waitFor(wait);
  });
}

async function reset(page) {
  await test("a shadow is deleted with the second click", async () => {
    await control("PUT", "/things/lamp/shadows/config", { state: { desired: {} } });
    const named = page.locator(".shadow", { hasText: "config" });
    await named.locator(".delete").click();
    await named.getByText("Delete it?").click();
    await named.waitFor({ state: "detached", ...wait });
    equal((await control("GET", "/things")).things, [{ thing: "lamp", classic: true, shadows: [] }]);
  });
  await test("a reset by somebody else empties the page", async () => {
    await control("POST", "/reset");
    await page.getByText("No thing has a shadow yet").waitFor(wait);
    await page.locator("#no-requests").waitFor(wait);
    equal(await page.locator("#log details").count(), 0);
  });
}

/** Runs in the page: elements that stand out of the window, but for the link that does so until it has the focus. */
function misplaced() {
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll("body *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.right > width + 1 || box.left < -1) && !element.closest("pre, textarea, .skip");
  });
  return wide.map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
}

/** Runs in the page: texts whose contrast is below 4.5 to 1, by WCAG 2.2, section 1.4.3. */
function faint() {
  const rgba = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([red, green, blue]) => [red, green, blue]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const over = (front, back) => front.slice(0, 3).map((part, at) => part * (front[3] ?? 1) + back[at] * (1 - (front[3] ?? 1)));
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor));
    return layers.reduce((back, front) => over(front, back), [255, 255, 255]);
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const isSeen = (element) => element.checkVisibility() && !element.disabled;
  return [...document.querySelectorAll("body *")].filter((element) => hasText(element) && isSeen(element)).flatMap((element) => {
    const back = behind(element);
    const [dark, bright] = [light(back), light(over(rgba(getComputedStyle(element).color), back))].sort((one, other) => one - other);
    const ratio = (bright + 0.05) / (dark + 0.05);
    return ratio < 4.5 ? [`${element.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`] : [];
  });
}

const LONG = { thing: "t".repeat(128), shadow: "$" + "s".repeat(63) };

async function fits(browser) {
  await control("PUT", `/things/${LONG.thing}/shadows/${encodeURIComponent(LONG.shadow)}`, {
    state: { desired: { ["k".repeat(200)]: "v".repeat(900) }, reported: { list: Array(40).fill("item") } },
  });
  equal(device("GET", `/things/${LONG.thing}/shadow?name=${encodeURIComponent(LONG.shadow)}`), 200);
  for (const scheme of ["light", "dark"]) {
    for (const width of [320, 390, 768, 1280]) {
      await test(`everything is in its place and can be read at ${width} pixels, ${scheme}`, async () => {
        const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
        await page.goto(url);
        await page.getByText("live", { exact: true }).waitFor(wait);
        for (const row of await page.locator("#log summary").all()) await row.click();
        await page.locator(".explained h4").first().waitFor(wait);
        await page.getByRole("button", { name: "New shadow" }).click();
        await page.getByRole("button", { name: "Edit desired of lamp" }).first().click();
        equal(await page.evaluate("document.documentElement.scrollWidth"), width);
        equal(await page.evaluate(misplaced), []);
        equal(await page.evaluate(faint), []);
        await page.close();
      });
    }
  }
  await control("DELETE", `/things/${LONG.thing}/shadows/${encodeURIComponent(LONG.shadow)}`);
}

async function forPictures() {
  await control("DELETE", "/things/lamp/shadows/config");
  await control("PUT", "/things/hall-shade/shadow", { state: { desired: { position: 40, tilt: { left: 10, right: 12 } }, reported: { position: 40, tilt: { left: 10, right: 12 }, battery_mv: 3012 } } });
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => { if (message.type() === "error" && !/status of 4/.test(message.text())) problems.push(message.text()); });
  await page.goto(url);
  await page.getByText("live", { exact: true }).waitFor(wait);
  await pictureAll(browser, "empty", false);
  await emptyPage(page);
  await shadows(page);
  await requests(page);
  await fits(browser);
  await forPictures();
  await control("POST", "/faults", { kind: "latency", delay: "3s", to: "GET shadow", times: 3 });
  await pictureAll(browser, "full", true);
  await control("DELETE", "/faults");
  await faultsAndClock(page);
  await control("DELETE", "/things/hall-shade/shadow");
  await reset(page);
  await test("the browser found nothing wrong, nor against the page's policy", async () => equal(problems, []));
  await browser.close();
}

main().then(() => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}, (error) => {
  console.log(`FAIL ${error.message}\n${passed} passed, ${failed + 1} failed`);
  process.exitCode = 1;
});

// AWS's SDK for JavaScript behind lines of JSON: one call a line on standard input, what came of it on standard output.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

// The packages lie in the build folder, not beside this file.
const require = createRequire(pathToFileURL(process.env.INTEROP_NPM + "/"));
const sdk = require("@aws-sdk/client-iot-data-plane");

const commands = {
  get: sdk.GetThingShadowCommand,
  update: sdk.UpdateThingShadowCommand,
  delete: sdk.DeleteThingShadowCommand,
  list: sdk.ListNamedShadowsForThingCommand,
};

async function perform(call) {
  const client = new sdk.IoTDataPlaneClient({
    endpoint: call.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: call.key, secretAccessKey: call.secret, sessionToken: call.token ?? undefined },
  });
  const input = { thingName: call.thing, shadowName: call.shadow ?? undefined };
  if (call.document) input.payload = JSON.stringify(call.document);
  try {
    const answer = await client.send(new commands[call.operation](input));
    if (call.operation === "list") return { document: { results: answer.results, timestamp: answer.timestamp } };
    return { document: JSON.parse(new TextDecoder().decode(answer.payload)) };
  } catch (error) {
    // The class that a program would test by `instanceof`; an error without one is marked as that.
    const Class = sdk[error.name];
    const known = Class && error instanceof Class;
    const exception = known ? error.name : `${error.constructor.name} ${error.name} ${error.code ?? ""}`.trim();
    return { exception, message: error.message, request_id: error.$metadata?.requestId ?? null };
  } finally {
    client.destroy();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await perform(JSON.parse(line))));
}

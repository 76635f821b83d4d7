// Microsoft's JavaScript library (@microsoft/microsoft-graph-client) against a sandbox tenant.
// It lists, pages, creates, updates, batches, follows deltas and reads errors. Nothing here knows the sandbox's
// insides.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import graph from "@microsoft/microsoft-graph-client";

const base = process.argv[2];
const mark = randomUUID().slice(0, 8);
const ids = [];
let group;

async function getAccessToken() {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: "11111111-2222-3333-4444-555555555555",
    client_secret: "any-secret",
    scope: "https://graph.microsoft.com/.default",
  });
  const answer = await fetch(`${base}/contoso.onmicrosoft.com/oauth2/v2.0/token`, { method: "POST", body: form });
  assert.equal(answer.status, 200);
  return (await answer.json()).access_token;
}

const client = graph.Client.initWithMiddleware({
  authProvider: { getAccessToken },
  baseUrl: base,
  customHosts: new Set([new URL(base).hostname]),
});

const person = (name) => ({
  accountEnabled: true,
  displayName: name,
  mailNickname: name,
  userPrincipalName: `${name}@contoso.com`,
  passwordProfile: { password: "Quiet-Harbour-42" },
});
const reference = (id) => `https://graph.microsoft.com/v1.0/directoryObjects/${id}`;

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was not refused");
}

const story = {
  async usersAreCreated() {
    for (let number = 0; number < 5; number += 1) {
      const made = await client.api("/users").post(person(`js${number}-${mark}`));
      assert.equal(made.displayName, `js${number}-${mark}`);
      ids.push(made.id);
    }
  },
  async usersAreListedPageByPage() {
    const first = await client.api("/users").select(["id", "displayName"]).top(2).get();
    assert.equal(first.value.length, 2);
    const seen = new Set();
    const pages = new graph.PageIterator(client, first, (user) => Boolean(seen.add(user.id)));
    await pages.iterate();
    assert.ok(pages.isComplete() && ids.every((id) => seen.has(id)));
  },
  async aFilterFindsOne() {
    const name = `js1-${mark}@contoso.com`;
    const found = await client.api("/users").filter(`userPrincipalName eq '${name}'`).get();
    assert.deepEqual(found.value.map((user) => user.id), [ids[1]]);
  },
  async aCountComesWithTheHeader() {
    const counted = await client.api("/users").header("ConsistencyLevel", "eventual").count(true).top(1).get();
    assert.ok(counted["@odata.count"] >= 5);
  },
  async aUserIsChanged() {
    await client.api(`/users/${ids[0]}`).patch({ department: "Sales", city: null });
    const read = await client.api(`/users/${ids[0]}`).select("department").get();
    assert.equal(read.department, "Sales");
  },
  async aConflictIsAnErrorWithDetails() {
    const error = await refusal(client.api("/users").post(person(`js0-${mark}`)));
    assert.ok(error instanceof graph.GraphError);
    assert.deepEqual([error.statusCode, error.code], [400, "Request_BadRequest"]);
    assert.ok(error.requestId);
    assert.equal(JSON.parse(error.body).details[0].target, "userPrincipalName");
  },
  async aMissingUserIsNotFound() {
    const error = await refusal(client.api(`/users/${randomUUID()}`).get());
    assert.deepEqual([error.statusCode, error.code], [404, "Request_ResourceNotFound"]);
  },
  async aManagerIsSetAndExpanded() {
    await client.api(`/users/${ids[0]}/manager/$ref`).put({ "@odata.id": reference(ids[1]) });
    const read = await client.api(`/users/${ids[0]}`).expand("manager($select=id)").get();
    assert.equal(read.manager.id, ids[1]);
  },
  async aGroupIsUpsertedAndGetsMembers() {
    const body = { displayName: mark, mailNickname: mark, mailEnabled: false, securityEnabled: true };
    const upsert = () => client.api(`/groups(uniqueName='${mark}')`).header("Prefer", "create-if-missing").patch(body);
    group = (await upsert()).id;
    await upsert();
    await client.api(`/groups/${group}/members/$ref`).post({ "@odata.id": reference(ids[0]) });
    await client.api(`/groups/${group}`).patch({ "members@odata.bind": ids.slice(1, 3).map(reference) });
    const members = await client.api(`/groups/${group}/members`).select("id").get();
    assert.deepEqual(members.value.map((it) => it.id).sort(), ids.slice(0, 3).sort());
    await client.api(`/groups/${group}/members/${ids[0]}/$ref`).delete();
  },
  async aBatchAnswersEveryItem() {
    const steps = [...ids, randomUUID()].map((id, at) => ({
      id: `${at}`,
      request: new Request(`${base}/users/${id}`, { method: "GET" }),
    }));
    const content = await new graph.BatchRequestContent(steps).getContent();
    const answers = new graph.BatchResponseContent(await client.api("/$batch").post(content));
    assert.deepEqual(steps.map(({ id }) => answers.getResponseById(id).status), [200, 200, 200, 200, 200, 404]);
  },
  async aDeltaTellsWhatChanged() {
    let page = await client.api("/groups/delta").select("displayName,members").get();
    while (page["@odata.nextLink"]) page = await client.api(page["@odata.nextLink"]).get();
    await client.api(`/groups/${group}/members/${ids[1]}/$ref`).delete();
    const changed = await client.api(page["@odata.deltaLink"]).get();
    const [change] = changed.value;
    assert.equal(change.id, group);
    assert.deepEqual(change["members@delta"].map((it) => [it.id, it["@removed"].reason]), [[ids[1], "deleted"]]);
  },
  async rolesAndLicencesAreRead() {
    const path = "/roleManagement/directory/roleAssignments";
    const definitions = await client.api("/roleManagement/directory/roleDefinitions").select("id,displayName").get();
    const role = definitions.value.find((it) => it.displayName === "Reports Reader");
    const body = { principalId: ids[0], roleDefinitionId: role.id, directoryScopeId: "/" };
    const made = await client.api(path).post(body);
    const held = await client.api(path).filter(`principalId eq '${ids[0]}'`).expand("principal").get();
    assert.deepEqual(held.value.map((it) => [it.id, it.principal.id]), [[made.id, ids[0]]]);
    await client.api(`${path}/${made.id}`).delete();
    const [sku] = (await client.api("/subscribedSkus").get()).value;
    await client.api(`/users/${ids[4]}`).patch({ usageLocation: "DE" });
    const wish = { addLicenses: [{ skuId: sku.skuId, disabledPlans: [] }], removeLicenses: [] };
    await client.api(`/users/${ids[4]}/assignLicense`).post(wish);
  },
  async aDeletedUserIsRestored() {
    await client.api(`/users/${ids[4]}`).delete();
    await client.api(`/directory/deletedItems/${ids[4]}/restore`).post({});
    const restored = await client.api(`/users/${ids[4]}`).select("id,assignedLicenses").get();
    assert.deepEqual([restored.id, restored.assignedLicenses.length], [ids[4], 1]);
  },
};

let passed = 0;
let failed = 0;
for (const [name, step] of Object.entries(story)) {
  try {
    await step();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`node: ${name}: ${error.stack ?? error}`);
  }
}
console.log(`node: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

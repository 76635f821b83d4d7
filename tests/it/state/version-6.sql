-- Records as version 6 left them: one run in which three objects were created, and what people were told since.
BEGIN TRANSACTION;
CREATE TABLE directory_database (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, invocation BLOB NOT NULL, highest_usn INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant, invocation)
    ) WITHOUT ROWID;
CREATE TABLE landmark (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, guid BLOB NOT NULL, dn TEXT NOT NULL,
        PRIMARY KEY (policy, tenant, guid)
    ) WITHOUT ROWID;
INSERT INTO "landmark" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500',X'6E0F0C5D1E3B554C9F0A6A1F6B0C1A02','OU=Staff,DC=corp,DC=contoso,DC=com');
INSERT INTO "landmark" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500',X'6E0F0C5D1E3B554C9F0A6A1F6B0C1A03','OU=Groups,DC=corp,DC=contoso,DC=com');
CREATE TABLE link (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, anchor BLOB NOT NULL,
        kind TEXT NOT NULL, cloud TEXT NOT NULL, blocked_since INTEGER, dn TEXT, settled INTEGER, exported TEXT, password_set INTEGER, password_confirmed INTEGER,
        PRIMARY KEY (policy, tenant, anchor)
    ) WITHOUT ROWID;
INSERT INTO "link" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500',X'6E0F0C5D1E3B554C9F0A6A1F6B0C1A04','user','2e78749b-ac67-4ef6-91f3-bab13d23f0c8',NULL,'CN=Ada Lovelace,OU=Staff,DC=corp,DC=contoso,DC=com',9216863270891918760,NULL,134000000000000000,1795859100);
INSERT INTO "link" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500',X'6E0F0C5D1E3B554C9F0A6A1F6B0C1A05','user','a205b1a5-d8e3-4058-b449-c1900bdc9816',NULL,'CN=Charles Babbage,OU=Staff,DC=corp,DC=contoso,DC=com',8838426566188734799,NULL,NULL,NULL);
INSERT INTO "link" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500',X'6E0F0C5D1E3B554C9F0A6A1F6B0C1A06','group','04044723-6220-4e5f-a598-b45ee907bcbc',1795859000,'CN=Engine,OU=Groups,DC=corp,DC=contoso,DC=com',5036111423722403386,NULL,NULL,NULL);
CREATE TABLE paused_change (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, digest TEXT NOT NULL, password_set INTEGER NOT NULL,
        failures INTEGER NOT NULL, pause INTEGER NOT NULL, next INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant, digest, password_set)
    ) WITHOUT ROWID;
INSERT INTO "paused_change" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','sha256:098269a942166aea4ed6ba111caf13db9662c2d13ba7d7497085f263440b065d',0,2,60,1795860000);
CREATE TABLE reviewed (
        policy TEXT NOT NULL, tenant TEXT NOT NULL,
        directory BLOB NOT NULL, git_commit TEXT, at INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant)
    ) WITHOUT ROWID;
INSERT INTO "reviewed" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500',X'9897F5B32DD93EE2DD9877DB49C70C052DF7A1F1D6BA988CEDEFD04D2F391B1A',NULL,1795859628);
CREATE TABLE reviewed_setting (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, name TEXT NOT NULL, digest BLOB NOT NULL,
        PRIMARY KEY (policy, tenant, name)
    ) WITHOUT ROWID;
INSERT INTO "reviewed_setting" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','channel',X'3368C71E054EFA0CB3DC98C4C5ABF97F8EDF6C0178C31F73144AD58F615FDB89');
INSERT INTO "reviewed_setting" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','groups.flows.description',X'6B86289418331EEA7E34972D79FEF5A3E940331E7BAAF7083E5A38697AF2E7FB');
INSERT INTO "reviewed_setting" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','groups.flows.displayName',X'5D838F14F9C99431A3062F80E27E9390E5F482B13608E6C858082CDE078B8962');
CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        policy TEXT NOT NULL, tenant TEXT NOT NULL, plan TEXT NOT NULL,
        git_commit TEXT, dirty INTEGER NOT NULL, policy_digest TEXT NOT NULL, login TEXT NOT NULL,
        started INTEGER NOT NULL, ended INTEGER,
        done INTEGER NOT NULL, failed INTEGER NOT NULL, held INTEGER NOT NULL
    );
INSERT INTO "run" VALUES(1,'contoso','5a4db0c5-0000-4000-8000-00000c070500','31c24588',NULL,0,'sha256:831c9f4b6bf5419c033b8d2a55f98502b647807a01acd6e04147b11bef189258','kim',1795859628,1795859628,5,0,0);
CREATE TABLE run_change (
        run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, place INTEGER NOT NULL,
        digest TEXT NOT NULL, op TEXT NOT NULL, kind TEXT NOT NULL, anchor TEXT NOT NULL, cloud TEXT,
        name TEXT NOT NULL, because TEXT NOT NULL, value_changes TEXT NOT NULL,
        outcome TEXT NOT NULL, message TEXT,
        released INTEGER NOT NULL, approval TEXT, approved_by TEXT, approval_reason TEXT, approval_expires INTEGER,
        settled INTEGER NOT NULL,
        PRIMARY KEY (run, place)
    ) WITHOUT ROWID;
INSERT INTO "run_change" VALUES(1,1,'sha256:098269a942166aea4ed6ba111caf13db9662c2d13ba7d7497085f263440b065d','create','user','bg8MXR47VUyfCmofawwaBA==','2e78749b-ac67-4ef6-91f3-bab13d23f0c8','ada@contoso.com','missing in tenant','{"attributes":[{"name":"userPrincipalName","from":null,"to":"ada@contoso.com"},{"name":"displayName","from":null,"to":"Ada Lovelace"},{"name":"accountEnabled","from":null,"to":true},{"name":"givenName","from":null,"to":"Ada"},{"name":"surname","from":null,"to":"Lovelace"},{"name":"mail","from":null,"to":"ada@contoso.com"},{"name":"mailNickname","from":null,"to":"ada"},{"name":"jobTitle","from":null,"to":"Analyst"}]}','done',NULL,0,NULL,NULL,NULL,NULL,1795859628);
INSERT INTO "run_change" VALUES(1,2,'sha256:55851f77871507597dc31a9ca4f7485b648bb2c23af889b12dbbd6cc03b86310','create','user','bg8MXR47VUyfCmofawwaBQ==','a205b1a5-d8e3-4058-b449-c1900bdc9816','charles@contoso.com','missing in tenant','{"attributes":[{"name":"userPrincipalName","from":null,"to":"charles@contoso.com"},{"name":"displayName","from":null,"to":"Charles Babbage"},{"name":"accountEnabled","from":null,"to":true},{"name":"givenName","from":null,"to":"Charles"},{"name":"surname","from":null,"to":"Babbage"},{"name":"mail","from":null,"to":"charles@contoso.com"},{"name":"mailNickname","from":null,"to":"charles"},{"name":"jobTitle","from":null,"to":"Engineer"}]}','done',NULL,0,NULL,NULL,NULL,NULL,1795859628);
INSERT INTO "run_change" VALUES(1,3,'sha256:3e7c9806d5b2d0db4ac66d0e79b0e119eec74df8855022669cd2034aef7d53a2','update','user','bg8MXR47VUyfCmofawwaBQ==','a205b1a5-d8e3-4058-b449-c1900bdc9816','charles@contoso.com','attribute differs','{"attributes":[{"name":"manager","from":null,"to":{"anchor":"bg8MXR47VUyfCmofawwaBA==","name":"ada@contoso.com"}}]}','done',NULL,0,NULL,NULL,NULL,NULL,1795859628);
INSERT INTO "run_change" VALUES(1,4,'sha256:fabbeb373de0bb517fe5fe39b99ef165c5770e57e6b50152894ace7f24db484c','create','group','bg8MXR47VUyfCmofawwaBg==','04044723-6220-4e5f-a598-b45ee907bcbc','Engine','missing in tenant','{"attributes":[{"name":"displayName","from":null,"to":"Engine"},{"name":"mailNickname","from":null,"to":"engine"},{"name":"description","from":null,"to":"Everybody who works on the engine"}]}','done',NULL,0,NULL,NULL,NULL,NULL,1795859628);
INSERT INTO "run_change" VALUES(1,5,'sha256:4bdabe1d6b122ea4fd9925d13680d4c3f082d46d50dbc181dcba09aac790c4e4','members','group','bg8MXR47VUyfCmofawwaBg==','04044723-6220-4e5f-a598-b45ee907bcbc','Engine','members differ','{"attributes":[],"members":{"add":[{"anchor":"bg8MXR47VUyfCmofawwaBA==","name":"ada@contoso.com"},{"anchor":"bg8MXR47VUyfCmofawwaBQ==","name":"charles@contoso.com"}],"remove":[],"after":2}}','done',NULL,0,NULL,NULL,NULL,NULL,1795859628);
CREATE TABLE silence (
        policy TEXT NOT NULL, part TEXT NOT NULL, since INTEGER NOT NULL,
        PRIMARY KEY (policy, part)
    ) WITHOUT ROWID;
INSERT INTO "silence" VALUES('contoso','cycle',1795859001);
CREATE TABLE stock (
        policy TEXT NOT NULL, tenant TEXT NOT NULL,
        server TEXT NOT NULL, domain BLOB, at INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant)
    ) WITHOUT ROWID;
INSERT INTO "stock" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','policy/directory.ldif',X'6E0F0C5D1E3B554C9F0A6A1F6B0C1A01',1795859628);
CREATE TABLE stock_count (
        policy TEXT NOT NULL, tenant TEXT NOT NULL,
        kind TEXT NOT NULL, attribute TEXT NOT NULL, objects INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant, kind, attribute)
    ) WITHOUT ROWID;
INSERT INTO "stock_count" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','group','',1);
INSERT INTO "stock_count" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','user','',2);
INSERT INTO "stock_count" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','user','mail',2);
INSERT INTO "stock_count" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','user','title',2);
INSERT INTO "stock_count" VALUES('contoso','5a4db0c5-0000-4000-8000-00000c070500','user','userPrincipalName',2);
CREATE TABLE told_alarm (
        policy TEXT NOT NULL, part TEXT NOT NULL, topic TEXT NOT NULL, about TEXT NOT NULL,
        severity TEXT NOT NULL, text TEXT NOT NULL, size INTEGER NOT NULL, since INTEGER NOT NULL,
        PRIMARY KEY (policy, part, topic, about)
    ) WITHOUT ROWID;
INSERT INTO "told_alarm" VALUES('contoso','plan','heldPlan','','warning','2 changes wait',2,1795859000);
CREATE TABLE used_approval (
        policy TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (policy, digest)
    ) WITHOUT ROWID;
CREATE INDEX run_of_policy ON run (policy, id);
CREATE INDEX run_change_of_object ON run_change (anchor, kind);
COMMIT;
PRAGMA user_version = 6;

//! Scoping filters, precedence, several domains and forests, and odd rules.

use expect_test::{Expect, expect};

use super::{SHOP, assert_sound, changed, imported, notes, texts};

/// The small shop with custom rules for its users.
fn with_rules(rules: &str) -> String {
    let empty = "\"customSynchronizationRules\": [],\n      \"standardSynchronizationRules\": [\n        { \"Name\": \"In";
    let full = empty.replacen("[]", &format!("[{rules}]"), 1);
    changed(SHOP, &[(empty, &full)])
}

fn rule(name: &str, precedence: i32, rest: &str) -> String {
    format!(
        "{{\"name\": \"{name}\", \"direction\": \"Inbound\", \"source\": \"user\", \"linkType\": \"Join\", \
         \"precedence\": {precedence}, {rest}}}"
    )
}

/// Exclusions and flows of users, and the notes about rules.
#[expect(clippy::needless_pass_by_value, reason = "so that `expect!` stands at the call")]
#[track_caller]
fn check(rules: &[String], expected: Expect) {
    let imported = imported(&with_rules(&rules.join(", ")));
    assert_sound(&imported);
    let text = texts(&imported);
    let users: Vec<&str> = text.lines().skip_while(|it| *it != "  users:").collect();
    let scope =
        users.iter().skip_while(|it| **it != "      exclude:").take_while(|it| !it.contains("anchor:"));
    let flows = users.iter().filter(|it| it.starts_with("    - {to:"));
    let mut said: String = scope.chain(flows).map(|it| format!("{}\n", it.trim())).collect();
    let about_rules = |it: &&str| it.contains("rule \"") || it.contains("not understood");
    notes(&imported).lines().filter(about_rules).for_each(|it| said += &format!("{it}\n"));
    expected.assert_eq(&said);
}

const FILTERED: &str = "\"attributeMappings\": [{\"destination\": \"cloudFiltered\", \"flowType\": \"Constant\", \"source\": [\"True\"]}]";
const KEPT: &str = "\"attributeMappings\": [{\"destination\": \"cloudFiltered\", \"flowType\": \"Constant\", \"source\": [\"False\"]}]";

fn clause(attribute: &str, condition: &str, value: &str) -> String {
    format!("{{\"attribute\": \"{attribute}\", \"condition\": \"{condition}\", \"value\": \"{value}\"}}")
}

fn scoped(clauses: &[String], rest: &str) -> String {
    format!("\"scopeFilters\": [[{}]], {rest}", clauses.join(", "))
}

#[test]
fn clauses_become_filters() {
    let clauses = [
        clause("department", "EQUAL", "R&D (Oslo) *"),
        clause("department", "NOTEQUAL", "x"),
        clause("mail", "ENDSWITH", "@example.com"),
        clause("mail", "NOTCONTAINS", "+"),
        clause("title", "ISNULL", ""),
        clause("title", "ISNOTNULL", ""),
        clause("proxyAddresses", "ISIN", "smtp:a@b"),
        clause("userAccountControl", "ISBITNOTSET", "2"),
        clause("memberOf", "ISMEMBEROF", "CN=A\\\\, B (C),DC=b"),
    ];
    check(
        &[rule("all", 1, &scoped(&clauses, FILTERED))],
        expect![[r#"
        exclude:
        - '(&(department=R&D \28Oslo\29 \2a)(!(department=x))(mail=*@example.com)(!(mail=*+*))(!(title=*))(title=*)(proxyAddresses=smtp:a@b)(!(userAccountControl:1.2.840.113556.1.4.803:=2))(memberOf=CN=A\5c, B \28C\29,DC=b))'
    "#]],
    );
}

#[test]
fn what_a_filter_cannot_say_is_a_note_and_so_is_what_depends_on_it() {
    check(
        &[
            rule("a", 1, &scoped(&[clause("title", "LESSTHAN", "m")], KEPT)),
            rule("b", 2, &scoped(&[clause("title", "EQUAL", "x")], FILTERED)),
            rule(
                "c",
                3,
                "\"attributeMappings\": [{\"destination\": \"cloudFiltered\", \"expression\": \"IIF(Len([sn])>3,True,NULL)\"}]",
            ),
        ],
        expect![[r#"
            line 47: no equivalent: the rule "a": cloudFiltered <- False: the condition LESSTHAN has no equivalent
            line 47: no equivalent: the rule "b": cloudFiltered <- True: it comes after the rule "a", which may keep objects
            line 47: no equivalent: the rule "c": cloudFiltered <- IIF(Len([sn])>3,True,NULL): it comes after the rule "a", which may keep objects
        "#]],
    );
}

#[test]
fn expressions_become_filters() {
    let filtered = |expression: &str| {
        let expression = expression.replace('"', "\\\"");
        format!(
            "\"attributeMappings\": [{{\"destination\": \"cloudFiltered\", \"expression\": \"{expression}\"}}]"
        )
    };
    let expressions = [
        "IIF(Left([sAMAccountName],4)=\"svc-\",True,NULL)",
        "IIF(UCase(Right([sAMAccountName],2))=\"-T\",True,NULL)",
        "IIF(InStr([mail],\"@old\")>0,True,NULL)",
        "IIF(InStr([mail],\"@old\")=0,True,NULL)",
        "IIF([title]<>\"Clerk\",True,NULL)",
        "IIF(IsNullOrEmpty([mail]) || ([msExchHideFromAddressLists]=True),True,False)",
        "True",
        "NULL",
    ];
    let rules: Vec<String> = (1..)
        .zip(expressions)
        .map(|(at, it)| rule(it.split('"').next().unwrap_or(it), at, &filtered(it)))
        .collect();
    check(
        &rules,
        expect![[r#"
        exclude:
        - "(sAMAccountName=svc-*)"
        - "(sAMAccountName=*-T)"
        - "(mail=*@old*)"
        - "(!(mail=*@old*))"
        - "(!(title=Clerk))"
        - "(|(!(mail=*))(msExchHideFromAddressLists=TRUE))"
        - "(objectClass=*)"
    "#]],
    );
}

fn mapping(destination: &str, sort: &str, source: &str) -> String {
    let key = if sort == "Expression" { "expression" } else { "source" };
    format!(
        "\"attributeMappings\": [{{\"destination\": \"{destination}\", \"flowType\": \"{sort}\", \"{key}\": \"{}\"}}]",
        source.replace('"', "\\\"")
    )
}

#[test]
fn the_rule_with_the_lowest_number_wins_and_the_standard_rule_comes_last() {
    check(
        &[
            rule("third", 30, &mapping("title", "Direct", "personalTitle")),
            rule(
                "first",
                10,
                &scoped(&[clause("employeeType", "EQUAL", "Pupil")], &mapping("title", "Constant", "Pupil")),
            ),
            rule("second", 20, &mapping("title", "Expression", "IIF(IsPresent([info]),[info],NULL)")),
            rule("the same", 40, &mapping("department", "Expression", "Trim([department])")),
            rule(
                "nobody else",
                50,
                &mapping("company", "Expression", "IIF(IsPresent([o]),[o],AuthoritativeNull)"),
            ),
            rule(
                "left alone",
                60,
                &mapping("mobile", "Expression", "IIF(IsPresent([pager]),[pager],IgnoreThisFlow)"),
            ),
            rule("a list", 70, &mapping("otherTelephone", "Direct", "proxyAddresses")),
            rule("the first of a list", 80, &mapping("mobile", "Direct", "otherMobile")),
            rule("somebody", 90, &mapping("manager", "Direct", "secretary")),
            rule("mail", 95, &mapping("mail", "Constant", "all@contoso.com")),
        ],
        expect![[r#"
            - {to: mail, value: '"all@contoso.com"'}
            - {to: jobTitle, value: 'has(ad.employeeType) && ad.employeeType.lower() == "pupil" ? "Pupil" : has(ad.info) ? ad.info : has(ad.personalTitle) ? ad.personalTitle : ad.title', missing: empty}
            - {to: companyName, value: "has(ad.o) ? ad.o : null", missing: empty}
            - {to: mobilePhone, value: "has(ad.pager) ? ad.pager : null", missing: skip}
            - {to: otherTelephone, value: "has(ad.proxyAddresses) ? ad.proxyAddresses : ad.otherTelephone", missing: empty}
            line 47: no equivalent: the rule "somebody": manager <- secretary: manager is a reference: a flow copies it from one attribute
        "#]],
    );
}

#[test]
fn rules_that_are_odd_are_said_to_be() {
    check(
        &[
            "7".to_owned(),
            "{\"name\": \"no direction\", \"source\": \"user\"}".to_owned(),
            rule("provisions", 1, "\"linkType2\": \"x\"").replace("\"Join\"", "\"Provision\""),
            rule("joins", 2, "\"joinFilters\": [{}]"),
            rule("a filter that is none", 3, "\"scopeFilters\": [[{\"condition\": \"EQUAL\"}]]"),
            rule(
                "one group",
                4,
                &format!(
                    "\"scopeFilters\": [{}, {}], {}",
                    clause("a", "EQUAL", "1"),
                    clause("b", "EQUAL", "2"),
                    mapping("title", "Constant", "x")
                ),
            ),
            rule(
                "groups as objects",
                5,
                &format!(
                    "\"scopeFilters\": [{{\"scopeConditions\": [{}]}}], {}",
                    clause("ms-ds-x", "STARTSWITH", "1"),
                    mapping("l", "Constant", "x")
                ),
            ),
            rule(
                "no source",
                6,
                "\"attributeMappings\": [{\"destination\": \"title\", \"flowType\": \"Direct\"}]",
            ),
            rule(
                "once",
                7,
                "\"attributeMappings\": [{\"destination\": \"employeeID\", \"source\": [\"uid\"], \"executeOnce\": true}]",
            ),
            rule("inet", 8, &mapping("st", "Constant", "Oslo")).replace("\"user\"", "\"inetOrgPerson\""),
        ],
        expect![[r#"
            - {to: jobTitle, value: 'has(ad.a) && ad.a.lower() == "1" && has(ad.b) && ad.b.lower() == "2" ? "x" : ad.title', missing: empty}
            - {to: city, value: 'ad[?"ms-ds-x"].hasValue() && ad["ms-ds-x"].lower().startsWith("1") ? "x" : ad.l', missing: empty}
            - {to: state, value: '"Oslo"', missing: empty}
            - {to: employeeId, value: "has(ad.uid) ? ad.uid : ad.employeeID", authority: initialOnly, missing: empty}
            line 47: not understood: a rule that is a number
            line 47: no equivalent: the rule "no direction" (no direction): it gives no attributes
            line 47: check: the rule "provisions" makes objects of its own (Provision); its attributes are carried over
            line 47: no equivalent: the rule "joins" joins objects by its own conditions
            line 47: not understood: the scoping filter of the rule "a filter that is none", which is left out
            line 47: check: the clauses of the rule "one group" are taken as one group: all must hold
            line 47: not understood: onpremisesDirectoryPolicy[0].customSynchronizationRules[2].linkType2 = "x"
            line 47: no equivalent: the rule "no source": title <- : its source is not understood
            line 47: check: the rule "inet" is for inetOrgPerson, its flows are for all users
        "#]],
    );
}

#[test]
fn several_domains_and_forests_have_a_policy_each() {
    let second = "{\"fullyQualifiedDomainName\": \"other.example\", \"sourceAnchor\": \"employeeID\", \"partitionFilters\": [\
        {\"distinguishedName\": \"DC=other,DC=example\", \"objectClassInclusions\": [\"user\", \"group\"]}, \
        {\"distinguishedName\": \"DC=sub,DC=other,DC=example\", \"selected\": true}, \
        {\"distinguishedName\": \"DC=off,DC=other,DC=example\", \"selected\": false}, \
        {\"distinguishedName\": \"CN=Configuration,DC=other,DC=example\"}]},";
    let text = changed(
        SHOP,
        &[("\"onpremisesDirectoryPolicy\": [", &format!("\"onpremisesDirectoryPolicy\": [{second}"))],
    );
    let imported = imported(&text);
    assert_sound(&imported);
    let names: Vec<&str> = imported.files.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(
        names,
        ["tenant.yaml", "other.example.yaml", "sub.other.example.yaml", "corp.contoso.com.yaml"]
    );
    let text = texts(&imported);
    let interesting = ["anchor:", "passwordFrom", "contacts:", "kind: SyncPolicy"];
    let lines = text.lines().filter(|line| interesting.iter().any(|it| line.contains(it)));
    expect![[r#"
        kind: SyncPolicy
            anchor: auto
              simple: {user: svc-samesign@other.example, passwordFrom: {env: AD_PASSWORD_OTHER_EXAMPLE}}
        kind: SyncPolicy
            anchor: auto
          contacts:
              simple: {user: svc-samesign@sub.other.example, passwordFrom: {env: AD_PASSWORD_SUB_OTHER_EXAMPLE}}
        kind: SyncPolicy
            anchor: auto
          contacts:
              simple: {user: MSOL_0123456789ab@corp.contoso.com, passwordFrom: {env: AD_PASSWORD_CORP_CONTOSO_COM}}
    "#]].assert_eq(&lines.map(|it| format!("{it}\n")).collect::<String>());
    expect![[r#"
        check: tenant.yaml needs an app registration of your own and its certificate
        check: each domain has a policy of its own: groups have no members of another domain
        line 31: check: DC=other,DC=example has no contacts among its object types
        line 31: check: the password of the account that reads the directory is not in the file: give samesign an account of its own, or reset this one's
        line 31: no equivalent: the source anchor is employeeID: samesign goes by objectGUID or mS-DS-ConsistencyGuid only, and would take everybody in the tenant for a stranger. Do not apply
        line 31: check: CN=Configuration,DC=other,DC=example is no domain: it is left out
        line 32: check: the password of the account that reads the directory is not in the file: give samesign an account of its own, or reset this one's
    "#]].assert_eq(&notes(&imported));
}

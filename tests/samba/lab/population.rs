//! The people, groups and contacts of the lab as LDIF: ordinary ones, and every awkward one we know.
//!
//! It does not know how the LDIF gets into the directory.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Root of the domain.
pub(crate) const BASE: &str = "DC=corp,DC=example,DC=com";
/// Password of `svc-samesign`.
pub(crate) const SERVICE_PASSWORD: &str = "Svc-Passw0rd.Lab";
/// Members of `CN=Everybody`.
pub(crate) const EVERYBODY: usize = 1600;

/// Names that have broken a tool before.
const AWKWARD: &[&str] = &[
    "Jörg Müßig",
    "Łukasz Żółć",
    "山田 太郎",
    "O'Brien, \"Paddy\"",
    "<Tom> & Jerry",
    "C++ Builder #1",
    "#hash first",
    "semi;colon=equals",
    "back\\slash",
    " leading and trailing ",
    "Ελένη",
    "e\u{301}clair",
    "emoji 🦀",
];

/// The whole population, in the order in which it must be added.
pub(crate) fn ldif() -> String {
    let mut out = String::new();
    for unit in ["Staff", "Former", "Groups", "Contacts", "Crowd"] {
        add(&mut out, &format!("OU={unit},{BASE}"), &[("objectClass", "organizationalUnit")]);
    }
    service_account(&mut out);
    ordinary_users(&mut out);
    awkward_users(&mut out);
    states(&mut out);
    contacts(&mut out);
    crowd(&mut out);
    groups(&mut out);
    out
}

/// Escapes a value for a name (RFC 4514, 2.4).
pub(crate) fn escape(value: &str) -> String {
    let last = value.chars().count() - 1;
    let mut out = String::new();
    for (at, it) in value.chars().enumerate() {
        let edge = it == ' ' && (at == 0 || at == last);
        if edge || ",+\"\\<>;=".contains(it) || (it == '#' && at == 0) {
            out.push('\\');
        }
        out.push(it);
    }
    out
}

fn line(out: &mut String, name: &str, value: &str) {
    let safe = value.bytes().all(|it| (32..127).contains(&it)) && !value.starts_with([' ', ':', '<']);
    if safe && !value.ends_with(' ') {
        writeln!(out, "{name}: {value}").unwrap();
    } else {
        writeln!(out, "{name}:: {}", STANDARD.encode(value)).unwrap();
    }
}

fn add(out: &mut String, dn: &str, attributes: &[(&str, &str)]) {
    line(out, "dn", dn);
    out.push_str("changetype: add\n");
    for (name, value) in attributes {
        line(out, name, value);
    }
    out.push('\n');
}

fn change(out: &mut String, dn: &str, lines: &str) {
    line(out, "dn", dn);
    out.push_str(lines);
    out.push('\n');
}

fn utf16(text: &str) -> String {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    STANDARD.encode(bytes)
}

fn service_account(out: &mut String) {
    let dn = format!("CN=svc-samesign,CN=Users,{BASE}");
    line(out, "dn", &dn);
    writeln!(out, "changetype: add\nobjectClass: user\nsAMAccountName: svc-samesign").unwrap();
    writeln!(out, "userPrincipalName: svc-samesign@corp.example.com\nuserAccountControl: 66048").unwrap();
    writeln!(out, "clearTextPassword:: {}\n", utf16(SERVICE_PASSWORD)).unwrap();
}

fn user(out: &mut String, cn: &str, account: &str, more: &[(&str, &str)]) {
    let upn = format!("{account}@corp.example.com");
    let usual = [("userPrincipalName", upn.as_str()), ("displayName", cn), ("userAccountControl", "544")];
    let mut all = vec![("objectClass", "user"), ("sAMAccountName", account)];
    all.extend(usual.into_iter().filter(|it| more.iter().all(|more| more.0 != it.0)));
    all.extend(more);
    add(out, &format!("CN={},OU=Staff,{BASE}", escape(cn)), &all);
}

fn ordinary_users(out: &mut String) {
    for number in 0..300 {
        let account = format!("user{number:03}");
        let mail = format!("{account}@corp.example.com");
        let alias = format!("smtp:u{number}@example.net");
        user(
            out,
            &format!("User {number:03}"),
            &account,
            &[
                ("givenName", "User"),
                ("sn", &account),
                ("mail", &mail),
                ("proxyAddresses", &alias),
                ("proxyAddresses", &format!("SMTP:{mail}")),
                ("otherTelephone", "+44 1"),
                ("otherTelephone", "+44 2"),
                ("employeeID", &number.to_string()),
                ("title", "Clerk & Co"),
                ("department", &format!("Department {}", number % 7)),
            ],
        );
    }
}

fn awkward_users(out: &mut String) {
    for (number, name) in AWKWARD.iter().enumerate() {
        let account = format!("awkward{number}");
        user(out, name, &account, &[("mail", &format!("{account}@corp.example.com")), ("title", name)]);
    }
    let lines = "two\r\nlines\tand a tab";
    user(out, "Multi Line", "multiline", &[("streetAddress", lines), ("description", "<&>+#;")]);
}

fn states(out: &mut String) {
    user(out, "Bad Suffix", "suffix", &[("userPrincipalName", "suffix@old.example.net")]);
    user(out, "Disabled", "disabled", &[("userAccountControl", "546")]);
    user(out, "Expired", "expired", &[("accountExpires", "131000000000000000")]);
    user(out, "No Mail", "nomail", &[]);
    user(out, "Twin One", "twin1", &[("mail", "twin@corp.example.com")]);
    user(out, "Twin Two", "twin2", &[("mail", "twin@corp.example.com")]);
    user(out, "Boss", "boss", &[]);
    user(out, "Clerk", "clerk", &[("manager", &format!("CN=Boss,OU=Staff,{BASE}"))]);
    user(out, "Anchored", "anchored", &[]);
    let anchor = STANDARD.encode([0u8, 1, 2, 3, 0xff, 0xfe, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x80]);
    let set =
        format!("changetype: modify\nreplace: mS-DS-ConsistencyGuid\nmS-DS-ConsistencyGuid:: {anchor}\n");
    change(out, &format!("CN=Anchored,OU=Staff,{BASE}"), &set);
    user(out, "Deleted", "deleted", &[]);
    change(out, &format!("CN=Deleted,OU=Staff,{BASE}"), "changetype: delete\n");
    user(out, "Maiden Name", "renamed", &[]);
    let renamed = "changetype: modrdn\nnewrdn: CN=Married Name\ndeleteoldrdn: 1\n";
    change(out, &format!("CN=Maiden Name,OU=Staff,{BASE}"), renamed);
    user(out, "Mover", "mover", &[]);
    let moved =
        format!("changetype: modrdn\nnewrdn: CN=Mover\ndeleteoldrdn: 1\nnewsuperior: OU=Former,{BASE}\n");
    change(out, &format!("CN=Mover,OU=Staff,{BASE}"), &moved);
    add(
        out,
        &format!("CN=Inet,OU=Staff,{BASE}"),
        &[
            ("objectClass", "inetOrgPerson"),
            ("sAMAccountName", "inet"),
            ("userAccountControl", "544"),
            ("sn", "Inet"),
        ],
    );
    add(
        out,
        &format!("CN=PC1,CN=Computers,{BASE}"),
        &[("objectClass", "computer"), ("sAMAccountName", "PC1$"), ("userAccountControl", "4128")],
    );
}

fn contacts(out: &mut String) {
    for (number, name) in AWKWARD.iter().enumerate() {
        let dn = format!("CN={},OU=Contacts,{BASE}", escape(name));
        let mail = format!("contact{number}@elsewhere.example");
        add(out, &dn, &[("objectClass", "contact"), ("mail", &mail), ("displayName", name)]);
    }
}

/// People without any name but their account's.
fn crowd(out: &mut String) {
    for number in 0..EVERYBODY {
        let account = format!("guest{number:04}");
        let all = [("objectClass", "user"), ("sAMAccountName", &*account), ("userAccountControl", "544")];
        add(out, &format!("CN=Guest {number:04},OU=Crowd,{BASE}"), &all);
    }
}

fn group(out: &mut String, cn: &str, kind: &str, members: &[String]) {
    let mut all = vec![("objectClass", "group"), ("sAMAccountName", cn), ("groupType", kind)];
    all.extend(members.iter().map(|it| ("member", it.as_str())));
    add(out, &format!("CN={},OU=Groups,{BASE}", escape(cn)), &all);
}

fn groups(out: &mut String) {
    const GLOBAL: &str = "-2147483646";
    const DOMAIN_LOCAL: &str = "-2147483644";
    const UNIVERSAL: &str = "-2147483640";
    const UNIVERSAL_DISTRIBUTION: &str = "8";
    let crowd: Vec<String> =
        (0..EVERYBODY).map(|number| format!("CN=Guest {number:04},OU=Crowd,{BASE}")).collect();
    group(out, "Everybody", GLOBAL, &crowd);
    let awkward: Vec<String> =
        AWKWARD.iter().map(|it| format!("CN={},OU=Staff,{BASE}", escape(it))).collect();
    group(out, "Awkward", GLOBAL, &awkward);
    for team in 0..10 {
        let members: Vec<String> =
            (0..30).map(|it| format!("CN=User {:03},OU=Staff,{BASE}", team * 30 + it)).collect();
        group(out, &format!("Team {team}"), GLOBAL, &members);
    }
    let teams: Vec<String> = (0..10).map(|it| format!("CN=Team {it},OU=Groups,{BASE}")).collect();
    group(out, "All Teams", UNIVERSAL, &teams);
    group(out, "Empty", GLOBAL, &[]);
    group(out, "Newsletter", UNIVERSAL_DISTRIBUTION, &[format!("CN=Boss,OU=Staff,{BASE}")]);
    group(out, "Strangers", DOMAIN_LOCAL, &["<SID=S-1-5-21-1-2-3-1104>".to_owned()]);
    group(out, "Circle A", UNIVERSAL, &[]);
    group(out, "Circle B", UNIVERSAL, &[format!("CN=Circle A,OU=Groups,{BASE}")]);
    let close = format!("changetype: modify\nadd: member\nmember: CN=Circle B,OU=Groups,{BASE}\n");
    change(out, &format!("CN=Circle A,OU=Groups,{BASE}"), &close);
}

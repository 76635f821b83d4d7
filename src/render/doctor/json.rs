//! The format of what a doctor found, `samesign.dev/doctor/v1alpha1`.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use crate::doctor::{About, Check, Finding, Level, Section};

/// The format of what a doctor found.
pub const CHECKUP_FORMAT: &str = "samesign.dev/doctor/v1alpha1";

/// The JSON Schema of it.
pub fn checkup_schema() -> Schema {
    schema_for!(CheckupJson)
}

/// Two-space indentation and a line break at the end.
pub fn checkup_json(sections: &[Section]) -> String {
    let of = |level| sections.iter().flat_map(|it| &it.findings).filter(|it| it.level == level).count();
    let checkup = CheckupJson {
        format: CHECKUP_FORMAT.to_owned(),
        summary: SummaryJson {
            ok: of(Level::Ok),
            warnings: of(Level::Warning),
            problems: of(Level::Problem),
        },
        sections: sections.iter().map(section).collect(),
    };
    let text = serde_json::to_string_pretty(&checkup);
    text.expect("the format has only string keys and serialises without failing") + "\n"
}

/// Whether everything that policies need is there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "samesign doctor", rename = "Doctor")]
struct CheckupJson {
    /// Always `samesign.dev/doctor/v1alpha1`.
    #[schemars(extend("const" = CHECKUP_FORMAT))]
    format: String,
    /// How many findings there are.
    summary: SummaryJson,
    /// The manifests, then directories, tenants and policies.
    sections: Vec<SectionJson>,
}

/// How many findings there are.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "DoctorSummary")]
struct SummaryJson {
    /// As it should be, or simply facts.
    ok: usize,
    /// It works, and somebody should look at it.
    warnings: usize,
    /// It does not work, or will hurt somebody; with one of these the exit code is 1.
    problems: usize,
}

/// The findings about one thing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "DoctorSection")]
struct SectionJson {
    /// What it is about.
    about: AboutJson,
    /// Its name.
    name: String,
    /// Where its manifest is; null if it has no one place.
    place: Option<String>,
    /// In the order in which things were looked at.
    findings: Vec<FindingJson>,
}

/// What a section is about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DoctorAbout")]
enum AboutJson {
    Manifests,
    Directory,
    Tenant,
    Policy,
}

/// How something stands.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DoctorLevel")]
enum LevelJson {
    Ok,
    Warning,
    Problem,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "DoctorFinding")]
struct FindingJson {
    /// How it stands.
    level: LevelJson,
    /// What was looked at.
    #[schemars(extend("enum" = words()))]
    check: String,
    /// Server, object or place in a manifest.
    subject: String,
    /// How it stands, in words.
    message: String,
    /// The first few that it is about.
    examples: Vec<String>,
    /// What to do; null if nothing is to be done.
    fix: Option<String>,
}

fn words() -> Vec<&'static str> {
    Check::ALL.iter().map(|it| it.word()).collect()
}

fn section(section: &Section) -> SectionJson {
    let Section { about, name, place, findings } = section;
    SectionJson {
        about: match about {
            About::Manifests => AboutJson::Manifests,
            About::Directory => AboutJson::Directory,
            About::Tenant => AboutJson::Tenant,
            About::Policy => AboutJson::Policy,
        },
        name: name.clone(),
        place: place.clone(),
        findings: findings.iter().map(finding).collect(),
    }
}

fn finding(finding: &Finding) -> FindingJson {
    let Finding { level, check, subject, says, examples, fix } = finding;
    FindingJson {
        level: match level {
            Level::Ok => LevelJson::Ok,
            Level::Warning => LevelJson::Warning,
            Level::Problem => LevelJson::Problem,
        },
        check: check.word().to_owned(),
        subject: subject.clone(),
        message: says.clone(),
        examples: examples.clone(),
        fix: fix.clone(),
    }
}

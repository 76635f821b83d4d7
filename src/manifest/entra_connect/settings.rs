//! The settings of the wizard, wherever in the file they stand.
//!
//! Microsoft documents that the file has them and not under which keys. So each is looked for under every name
//! that Entra Connect's own commands and documents have for it, in any section, and what is left over in the file
//! is said to the reader.

use super::export::Reader;
use super::json::{Content, Node, is_named};
use super::note::NoteKind;
use super::rule::{number, scalar, switch};

/// The list of forests.
pub(super) const FORESTS: &[&str] =
    &["onpremisesDirectoryPolicy", "onPremisesDirectoryPolicies", "onPremisesDirectories"];

/// Sections that hold no settings of the wizard.
const ELSEWHERE: &[&str] = &[
    "customSynchronizationRules",
    "standardSynchronizationRules",
    "partitionFilters",
    "policyMetadata",
    "deploymentMetadata",
];

/// Where settings may stand, the nearest first: the section of a forest, then the whole file.
#[derive(Clone, Debug)]
pub(super) struct Places<'a>(pub(super) Vec<&'a Node>);

impl<'a> Places<'a> {
    /// The first value under one of these names.
    fn find(&self, names: &[&str]) -> Option<&'a Node> {
        self.0.iter().find_map(|place| find(place, names))
    }

    /// A text, or the text in an object that has one.
    pub(super) fn text(&self, names: &[&str]) -> Option<&'a str> {
        let node = self.find(names)?;
        let inner = node.field(&["value", "attribute", "attributeName", "distinguishedName", "name"]);
        let text = inner.unwrap_or(node);
        text.text().filter(|it| !it.trim().is_empty()).inspect(|_| {
            text.see();
        })
    }

    /// True or false, or that in an object which has it.
    fn switch(&self, names: &[&str]) -> Option<(&'a Node, bool)> {
        let node = self.find(names)?;
        let node = node.field(&["enabled", "isEnabled", "value"]).unwrap_or(node);
        let answer = switch(node)?;
        node.see();
        Some((node, answer))
    }

    fn number(&self, names: &[&str]) -> Option<i64> {
        let node = self.find(names)?;
        let node = node.field(&["value", "count", "threshold", "thresholdCount"]).unwrap_or(node);
        let number = number(node)?;
        node.see();
        Some(number)
    }
}

/// Looks through a section, level by level, so that what stands nearer to its top is found first.
fn find<'a>(place: &'a Node, names: &[&str]) -> Option<&'a Node> {
    let mut level = vec![place];
    while !level.is_empty() {
        if let Some(found) = level.iter().find_map(|it| it.field(names)) {
            return Some(found);
        }
        level = level.into_iter().flat_map(children).collect();
    }
    None
}

fn children(node: &Node) -> Vec<&Node> {
    match &node.content {
        Content::Object(entries) => {
            let is_elsewhere = |key: &str| ELSEWHERE.iter().chain(FORESTS).any(|it| is_named(key, it));
            entries.iter().filter(|it| !is_elsewhere(&it.0)).map(|it| &it.1).collect()
        }
        Content::List(_) | Content::Null | Content::Switch(_) | Content::Number(_) | Content::Text(_) => {
            Vec::new()
        }
    }
}

/// Settings of the server that samesign has no use for.
const IRRELEVANT: &[&[&str]] = &[
    &["autoUpgrade", "autoUpgradeState"],
    &["startSynchronization", "synchronizationEnabled", "syncCycleEnabled"],
    &["syncCycleInterval", "customizedSyncCycleInterval", "currentlyEffectiveSyncCycleInterval"],
];

/// What the wizard asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) source_anchor: Option<String>,
    pub(super) user_name_attribute: Option<String>,
    /// The group whose members are synchronised, and nobody else.
    pub(super) group: Option<String>,
    pub(super) password_hashes: bool,
    /// Deletions at which an export stops.
    pub(super) deletions: Option<i64>,
    /// The account that reads the directory.
    pub(super) account: Option<String>,
}

const ANCHOR: &[&str] = &[
    "sourceAnchor",
    "sourceAnchorAttribute",
    "azureADSourceAnchor",
    "onPremisesSourceAnchor",
    "immutableIdAttribute",
    "anchorAttribute",
];
const USER_NAME: &[&str] = &[
    "userPrincipalNameAttribute",
    "upnAttribute",
    "azureADUserName",
    "azureADUserNameAttribute",
    "alternateLoginId",
    "alternateId",
    "alternateIdAttribute",
];
const GROUP: &[&str] = &[
    "groupFiltering",
    "groupFilter",
    "groupFilteringGroup",
    "filteringGroup",
    "groupFilteringDistinguishedName",
    "pilotGroup",
];
const HASHES: &[&str] = &[
    "passwordHashSync",
    "passwordHashSynchronization",
    "enablePasswordHashSync",
    "passwordHashSyncEnabled",
    "passwordSync",
    "passwordSynchronization",
    "enablePasswordSync",
];
const SIGN_IN: &[&str] = &[
    "userSignIn",
    "userSignInMethod",
    "signInMethod",
    "signOnMethod",
    "userSignInOption",
    "authenticationMethod",
];
const DELETIONS: &[&str] = &[
    "deletionThreshold",
    "exportDeletionThreshold",
    "accidentalDeletionThreshold",
    "deletionPreventionThreshold",
    "accidentalDeletionPrevention",
];
const ACCOUNT: &[&str] =
    &["connectorAccount", "connectorAccountName", "forestAccount", "syncAccount", "accountName", "userName"];

impl Settings {
    /// Reads the settings of a forest, and says which of them have no equivalent.
    pub(super) fn read(places: &Places<'_>, reader: &mut Reader<'_>) -> Self {
        let text = |names: &[&str]| places.text(names).map(str::to_owned);
        let group = match places.switch(GROUP) {
            Some((_, false)) => None,
            Some((_, true)) | None => text(GROUP),
        };
        if let (Some((node, true)), None) = (places.switch(GROUP), &group) {
            reader.note_once(
                NoteKind::NotUnderstood,
                node,
                "group filtering is on, and its group is not named",
            );
        }
        let sign_in = text(SIGN_IN);
        let hashes_word = |it: &String| it.to_ascii_lowercase().contains("hash");
        let settings = Self {
            source_anchor: text(ANCHOR),
            user_name_attribute: text(USER_NAME),
            group,
            password_hashes: match places.switch(HASHES) {
                Some((_, answer)) => answer,
                None => sign_in.as_ref().is_some_and(hashes_word),
            },
            deletions: places.number(DELETIONS).filter(|it| 0 < *it),
            account: places.0.first().and_then(|it| Places(vec![it]).text(ACCOUNT)).map(str::to_owned),
        };
        if let (Some(method), Some(node)) = (&sign_in, places.find(SIGN_IN))
            && !hashes_word(method)
            && switch(node) != Some(false)
        {
            let words =
                format!("user sign-in \"{method}\": it is a setting of the tenant and stays as it is");
            reader.note_once(NoteKind::Check, node, words);
        }
        for feature in FEATURES {
            feature.report(places, reader);
        }
        IRRELEVANT.iter().filter_map(|it| places.find(it)).for_each(|it| {
            it.see();
        });
        if let Some((node, true)) = places.switch(&["stagingMode", "stagingModeEnabled"]) {
            let words = "the server was in staging mode: is it set up as the one that writes to the tenant?";
            reader.note_once(NoteKind::Check, node, words);
        }
        settings
    }
}

/// A feature that the manifests do not have.
struct Feature {
    names: &'static [&'static str],
    words: &'static str,
}

const FEATURES: &[Feature] = &[
    Feature {
        names: &["exchangeHybrid", "exchangeHybridDeployment", "hybridExchange", "enableExchangeHybrid"],
        words: "Exchange hybrid deployment: it writes Exchange's attributes back, and samesign never writes to the \
                directory",
    },
    Feature {
        names: &["exchangeMailPublicFolders", "mailPublicFolders", "publicFolders"],
        words: "Exchange mail public folders",
    },
    Feature {
        names: &["passwordWriteback", "passwordWriteBack", "enablePasswordWriteback"],
        words: "password writeback: samesign never writes to the directory",
    },
    Feature {
        names: &["groupWriteback", "enableGroupWriteback", "unifiedGroupWriteback"],
        words: "group writeback: samesign never writes to the directory",
    },
    Feature {
        names: &["deviceWriteback", "enableDeviceWriteback"],
        words: "device writeback: samesign never writes to the directory",
    },
    Feature {
        names: &["userWriteback", "enableUserWriteback"],
        words: "user writeback: samesign never writes to the directory",
    },
    Feature {
        names: &["directoryExtension", "directoryExtensions", "directoryExtensionAttributes"],
        words: "directory extension attributes",
    },
    Feature {
        names: &[
            "azureADAppFiltering",
            "azureADAppAndAttributeFiltering",
            "attributeFiltering",
            "appFiltering",
        ],
        words: "Azure AD app and attribute filtering: the flows of `entra-connect` carry every attribute",
    },
    Feature {
        names: &["seamlessSingleSignOn", "enableSingleSignOn", "seamlessSSO", "enableSSO"],
        words: "seamless single sign-on: its computer account stays as it is, and its key is not renewed",
    },
    Feature {
        names: &["deviceSync", "hybridAzureADJoin", "hybridJoin", "deviceRegistration"],
        words: "devices: computers of the directory are not kept in the tenant",
    },
];

impl Feature {
    fn report(&self, places: &Places<'_>, reader: &mut Reader<'_>) {
        let Some(node) = places.find(self.names) else { return };
        let details = if let Content::List(items) = &node.content {
            node.see();
            let names: Vec<String> = items.iter().map(name_of).collect();
            (!names.is_empty()).then(|| format!(": {}", names.join(", ")))
        } else {
            // What is neither on nor off is left over, and said to the reader as it is.
            let Some((_, is_on)) = places.switch(self.names) else { return };
            is_on.then(String::new)
        };
        if let Some(details) = details {
            reader.note_once(NoteKind::NoEquivalent, node, format!("{}{details}", self.words));
        }
    }
}

/// What a listed attribute is called.
fn name_of(node: &Node) -> String {
    let inner = node.field(&["name", "attribute", "attributeName", "onPremisesAttribute"]).unwrap_or(node);
    scalar(inner).unwrap_or_else(|| "(?)".to_owned())
}

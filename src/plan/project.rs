//! What a policy wants the properties of one object to be.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::{
    AttributeId, DirectoryObject, FingerprintBuilder, Form, ObjectKind, ObjectView, Property, TenantSnapshot,
    Upn, addresses, well_known,
};
use crate::policy::{Authority, Builtin, Channel, Evaluated, Flow, FlowSource, Missing};

/// What a property should be, or why it is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Desired<'a> {
    /// This text; `true` and `false` for a switch, base64 for bytes.
    Text(Cow<'a, str>),
    /// This set, sorted.
    Set(Vec<Cow<'a, str>>),
    /// No value.
    Nothing,
    /// Whatever it is.
    LeftAlone(WhyAlone),
}

impl Desired<'_> {
    /// Adds what is wanted of a property to a mark of the whole object.
    pub(super) fn mark(&self, property: Property, mark: &mut FingerprintBuilder) {
        let values: &[Cow<'_, str>] = match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::Set(values) => values,
            Self::Nothing => &[],
            Self::LeftAlone(_) => return,
        };
        mark.word(property.tag());
        for it in values {
            mark.field(it.as_bytes());
        }
    }
}

/// Why a property is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyAlone {
    /// The flow says that the tenant decides.
    TenantDecides,
    /// The flow has no value for this object, and says to skip it or the tenant cannot clear it.
    NoValue,
    /// The directory's value cannot be used; the sentence says why.
    Unusable(String),
}

impl fmt::Display for WhyAlone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TenantDecides => f.write_str("the tenant decides"),
            Self::NoValue => f.write_str("the directory has no value"),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

impl WhyAlone {
    /// What is true of all such reasons, for words of which only some hold a value of the directory.
    pub(super) fn without_value(words: &str) -> &str {
        let is_plain = [Self::TenantDecides, Self::NoValue].iter().any(|it| it.to_string() == words);
        if is_plain || [NO_FLOW, ON_CREATION].contains(&words) {
            words
        } else {
            "the directory's value cannot be used"
        }
    }
}

/// Why a property is left alone that no flow of a policy writes.
pub(super) const NO_FLOW: &str = "no flow writes it";
/// Why a property is left alone that is written to new objects.
pub(super) const ON_CREATION: &str = "written on creation only";

/// What projecting needs to know about the tenant.
#[derive(Clone, Debug, Default)]
pub(super) struct Domains {
    verified: HashSet<String>,
    initial: Option<String>,
    channel: Channel,
}

impl Domains {
    pub(super) fn of(tenant: &TenantSnapshot, channel: Channel) -> Self {
        let verified = tenant.domains().iter().filter(|it| it.verified).map(|it| it.name.to_lowercase());
        let initial = tenant.domains().iter().find(|it| it.initial).map(|it| it.name.clone());
        Self { verified: verified.collect(), initial, channel }
    }

    /// Whether a user name is of the tenant's own domain, which it falls back to.
    pub(super) fn is_initial(&self, user_name: &str) -> bool {
        let initial = self.initial.as_deref();
        user_name
            .rsplit_once('@')
            .is_some_and(|(_, it)| initial.is_some_and(|own| own.eq_ignore_ascii_case(it)))
    }

    pub(super) fn is_verified(&self, domain: &str) -> bool {
        if self.verified.contains(domain) {
            return true;
        }
        domain.bytes().any(|it| it.is_ascii_uppercase()) && self.verified.contains(&domain.to_lowercase())
    }
}

/// What a flow wants on one object.
pub(super) fn desired<'a>(flow: &'a Flow, view: ObjectView<'a>, domains: &Domains) -> Desired<'a> {
    if flow.authority == Authority::Tenant {
        return Desired::LeftAlone(WhyAlone::TenantDecides);
    }
    let found = match &flow.source {
        FlowSource::None => Ok(Desired::LeftAlone(WhyAlone::TenantDecides)),
        FlowSource::Copy(attribute) => copy(flow.to, view.object(), *attribute),
        FlowSource::Builtin(builtin) => built_in((flow.to, *builtin), view.object(), domains),
        FlowSource::Expression(expression) => match expression.evaluate(&view) {
            Ok(value) => Ok(evaluated(flow.to, value)),
            Err(error) => Err(error.to_string()),
        },
    };
    let wanted = match found {
        Ok(Desired::Nothing) => without_value(flow, domains.channel),
        Ok(Desired::Text(text)) => usable_text(flow.to, text),
        Ok(other) => other,
        Err(why) => Desired::LeftAlone(WhyAlone::Unusable(why)),
    };
    match domains.channel {
        Channel::Graph => wanted,
        Channel::DirectorySync => sendable(wanted),
    }
}

/// Messages of Entra Connect's protocol are XML, which has no control characters but these three.
fn sendable(wanted: Desired<'_>) -> Desired<'_> {
    let is_forbidden = |it: char| !matches!(it, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
    let values: &[Cow<'_, str>] = match &wanted {
        Desired::Text(text) => std::slice::from_ref(text),
        Desired::Set(values) => values,
        Desired::Nothing | Desired::LeftAlone(_) => &[],
    };
    match values.iter().find_map(|it| it.chars().find(|it| is_forbidden(*it))) {
        Some(character) => Desired::LeftAlone(WhyAlone::Unusable(format!(
            "the character U+{:04X} in it cannot be sent: remove it in the directory",
            u32::from(character)
        ))),
        None => wanted,
    }
}

fn without_value(flow: &Flow, channel: Channel) -> Desired<'_> {
    match &flow.missing {
        Missing::Default(text) => usable_text(flow.to, Cow::Borrowed(text)),
        Missing::Error => Desired::LeftAlone(WhyAlone::Unusable("the directory has no value".to_owned())),
        Missing::Empty if channel.clears(flow.to) => Desired::Nothing,
        Missing::Empty | Missing::Skip => Desired::LeftAlone(WhyAlone::NoValue),
    }
}

/// Refuses what the tenant would refuse: planning says so before anything is written.
fn usable_text(property: Property, text: Cow<'_, str>) -> Desired<'_> {
    let unusable = |why: String| Desired::LeftAlone(WhyAlone::Unusable(why));
    // Counting characters is slow, and no character is longer than its bytes.
    if property.length_max() < text.len() && property.length_max() < text.chars().count() {
        let (has, max) = (text.chars().count(), property.length_max());
        return unusable(format!("the value has {has} characters, the tenant takes {max}"));
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only these have a syntax; forty others are plain text"
    )]
    match property {
        Property::Mail if !text.is_ascii() || Upn::split(&text).is_err() => {
            unusable("the value is no plain SMTP address".to_owned())
        }
        Property::UsageLocation if text.len() != 2 || !text.bytes().all(|it| it.is_ascii_alphabetic()) => {
            unusable("the value is no two-letter country code (ISO 3166-1)".to_owned())
        }
        Property::UserPrincipalName if Upn::split(&text).is_err() => {
            unusable("the value is no user principal name".to_owned())
        }
        _ => Desired::Text(text),
    }
}

fn evaluated<'a>(property: Property, value: Evaluated) -> Desired<'a> {
    match (property.form(), value) {
        (_, Evaluated::Missing) => Desired::Nothing,
        (form, Evaluated::Text(text)) if form.is_set() => set([Cow::Owned(text)]),
        (form, Evaluated::TextList(texts)) if form.is_set() => set(texts.into_iter().map(Cow::Owned)),
        (_, Evaluated::Switch(on)) => Desired::Text(Cow::Borrowed(if on { "true" } else { "false" })),
        (_, Evaluated::Text(text)) if text.is_empty() => Desired::Nothing,
        (_, Evaluated::Text(text)) => Desired::Text(Cow::Owned(text)),
        (_, Evaluated::TextList(_)) => Desired::LeftAlone(WhyAlone::Unusable(
            "the expression gives a list, the property takes one value".to_owned(),
        )),
    }
}

fn set<'a>(values: impl IntoIterator<Item = Cow<'a, str>>) -> Desired<'a> {
    let mut values: Vec<Cow<'a, str>> = values.into_iter().filter(|it| !it.is_empty()).collect();
    values.sort();
    values.dedup();
    if values.is_empty() { Desired::Nothing } else { Desired::Set(values) }
}

/// The first value of an attribute as trimmed text; `None` if there is none.
fn text(object: &DirectoryObject, attribute: AttributeId) -> Result<Option<&str>, String> {
    let Some(value) = object.attributes.first(attribute) else { return Ok(None) };
    let text = std::str::from_utf8(value).map_err(|_| "the directory's value is not text".to_owned())?.trim();
    Ok(Some(text).filter(|it| !it.is_empty()))
}

fn copy(property: Property, object: &DirectoryObject, attribute: AttributeId) -> Result<Desired<'_>, String> {
    let texts = || object.attributes.texts(attribute);
    let octets = |it: &[u8]| Cow::Owned(STANDARD.encode(it));
    Ok(match property.form() {
        Form::Text | Form::CaselessText | Form::Reference => {
            text(object, attribute)?.map_or(Desired::Nothing, |it| Desired::Text(Cow::Borrowed(it)))
        }
        Form::Switch => match text(object, attribute)? {
            None => Desired::Nothing,
            Some(it) if it.eq_ignore_ascii_case("true") => Desired::Text(Cow::Borrowed("true")),
            Some(it) if it.eq_ignore_ascii_case("false") => Desired::Text(Cow::Borrowed("false")),
            Some(_) => return Err("the directory's value is neither TRUE nor FALSE".to_owned()),
        },
        Form::Number => match text(object, attribute)? {
            None => Desired::Nothing,
            Some(it) if it.parse::<i64>().is_ok() => Desired::Text(Cow::Borrowed(it)),
            Some(_) => return Err("the directory's value is no number".to_owned()),
        },
        Form::Octets => match object.attributes.first(attribute).filter(|it| !it.is_empty()) {
            None => Desired::Nothing,
            Some(it) => Desired::Text(octets(it)),
        },
        Form::TextSet => set(texts().map(|it| Cow::Borrowed(it.trim()))),
        Form::OctetsSet => some_octets(object.attributes.values(attribute).map(octets).collect())?,
        Form::Addresses => set(addresses::wanted(texts(), None)),
    })
}

/// The service takes so many certificates of one object (password-sync reference, 3.8).
const CERTIFICATES_MAX: usize = 15;

fn some_octets(values: Vec<Cow<'_, str>>) -> Result<Desired<'_>, String> {
    if CERTIFICATES_MAX < values.len() {
        return Err(format!("there are {} values, the tenant takes {CERTIFICATES_MAX}", values.len()));
    }
    Ok(set(values))
}

/// Entra Connect cuts descriptions and the like at this many characters (graph-tenant reference, 9.2).
const CUT_CHARACTERS_MAX: usize = 448;

fn built_in<'a>(
    (property, builtin): (Property, Builtin),
    object: &'a DirectoryObject,
    domains: &Domains,
) -> Result<Desired<'a>, String> {
    let optional = |it: Option<Cow<'a, str>>| it.map_or(Desired::Nothing, Desired::Text);
    Ok(match builtin {
        Builtin::UserPrincipalName => optional(user_principal_name(object, domains)?),
        Builtin::DisplayName => {
            let name = text(object, well_known::DISPLAY_NAME)?.or(text(object, well_known::CN)?);
            optional(Some(name.map_or_else(|| Cow::Owned(object.dn.leaf()), Cow::Borrowed)))
        }
        Builtin::MailNickname => Desired::Text(mail_nickname(object)),
        Builtin::Mail => optional(primary_address(object).map(Cow::Borrowed)),
        Builtin::BusinessPhones => text(object, well_known::TELEPHONE_NUMBER)?
            .map_or(Desired::Nothing, |it| set([Cow::Borrowed(it)])),
        Builtin::Cut(attribute) if property.form() == Form::TextSet => {
            set(object.attributes.texts(attribute).map(|it| Cow::Borrowed(cut(it.trim()))))
        }
        Builtin::Cut(attribute) => optional(text(object, attribute)?.map(|it| Cow::Borrowed(cut(it)))),
        Builtin::Exchange(_) if object.attributes.first(well_known::MAIL_NICKNAME).is_none() => {
            Desired::Nothing
        }
        Builtin::Exchange(attribute) => copy(property, object, attribute)?,
        Builtin::ProxyAddresses => {
            let proxies = object.attributes.texts(well_known::PROXY_ADDRESSES);
            set(addresses::wanted(proxies, text(object, well_known::MAIL)?))
        }
        Builtin::DnsDomainName => {
            optional(Some(object.dn.domain()).filter(|it| !it.is_empty()).map(Cow::Owned))
        }
        Builtin::DistinguishedName => Desired::Text(Cow::Borrowed(object.dn.as_str())),
        Builtin::SecurityEnabled => {
            Desired::Text(Cow::Borrowed(if object.security_enabled() { "true" } else { "false" }))
        }
    })
}

fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(CUT_CHARACTERS_MAX).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end()
}

/// The `SMTP:` address of `proxyAddresses`, else `mail`.
pub(super) fn primary_address(object: &DirectoryObject) -> Option<&str> {
    let primary = object
        .attributes
        .values(well_known::PROXY_ADDRESSES)
        .find_map(|it| std::str::from_utf8(it).ok()?.trim().strip_prefix("SMTP:"));
    primary.or_else(|| text(object, well_known::MAIL).ok().flatten()).filter(|it| it.contains('@'))
}

/// Cloud user names take these besides letters and digits (graph-tenant reference, 2.1).
fn is_user_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\'' | '.' | '-' | '_' | '!' | '#' | '^' | '~')
}

fn user_principal_name<'a>(
    object: &'a DirectoryObject,
    domains: &Domains,
) -> Result<Option<Cow<'a, str>>, String> {
    let own = match text(object, well_known::USER_PRINCIPAL_NAME)? {
        Some(name) => Some(Cow::Borrowed(name)),
        // Entra Connect builds the name that the domain controller would accept (graph-tenant reference, 8.5).
        None => text(object, well_known::SAM_ACCOUNT_NAME)?
            .map(|name| Cow::Owned(format!("{name}@{}", object.dn.domain()))),
    };
    if let Some(name) = own
        && let Ok((prefix, domain)) = Upn::split(&name)
        && domains.is_verified(domain)
        && prefix.chars().all(is_user_name_character)
    {
        return Ok(Some(name));
    }
    let Some(initial) = &domains.initial else {
        return Err(
            "its domain is not verified, and the tenant has no initial domain to fall back to".to_owned()
        );
    };
    let nickname: String = mail_nickname(object).chars().filter(|it| is_user_name_character(*it)).collect();
    if nickname.is_empty() {
        return Err("no character of its names can stand in a user name of the tenant".to_owned());
    }
    Ok(Some(Cow::Owned(format!("{nickname}@{initial}"))))
}

/// The tenant refuses these in a nickname (graph-tenant reference, 4.2).
fn is_nickname_character(c: char) -> bool {
    let refused = matches!(c, '@' | '(' | ')' | '\\' | '[' | ']' | '"' | ';' | ':' | '<' | '>' | ',');
    c.is_ascii_graphic() && !refused
}

fn mail_nickname(object: &DirectoryObject) -> Cow<'_, str> {
    let prefix = |it: &'_ str| it.split('@').next().map(str::len).unwrap_or_default();
    let attribute = |id| text(object, id).ok().flatten();
    let found = attribute(well_known::MAIL_NICKNAME)
        .or_else(|| primary_address(object).map(|it| &it[..prefix(it)]))
        .or_else(|| attribute(well_known::USER_PRINCIPAL_NAME).map(|it| &it[..prefix(it)]))
        .or_else(|| attribute(well_known::SAM_ACCOUNT_NAME))
        .or_else(|| attribute(well_known::CN).filter(|_| object.kind == ObjectKind::Contact))
        .unwrap_or_default();
    let length_max = Property::MailNickname.length_max();
    if !found.is_empty() && found.len() <= length_max && found.chars().all(is_nickname_character) {
        return Cow::Borrowed(found);
    }
    let kept: String = found.chars().filter(|it| is_nickname_character(*it)).take(length_max).collect();
    Cow::Owned(if kept.is_empty() { object.guid.to_string() } else { kept })
}

//! Attribute flows: where the value of a tenant property comes from.

use crate::model::{AttributeId, Digest, Property, well_known};

use super::expression::Expression;

/// Which side a property belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Authority {
    /// Converge always.
    #[default]
    Directory,
    /// Set on creation, then leave alone.
    InitialOnly,
    /// Never write.
    Tenant,
}

/// What to do when the source has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Leave the property alone.
    Skip,
    /// Take the value away.
    Empty,
    /// Use this instead.
    Default(String),
    /// Report a finding and leave the object's property alone.
    Error,
}

/// A flow of the built-in preset that is more than a copy (graph-tenant reference, 8.5 and 9.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// `userPrincipalName` if its domain is verified in the tenant; else the mail nickname at the tenant's
    /// initial domain. Without one, `sAMAccountName` at the directory's domain is the starting point.
    UserPrincipalName,
    /// `displayName`, else `cn`.
    DisplayName,
    /// The first that exists: `mailNickname`, the prefix of the primary SMTP address, of `mail`, of
    /// `userPrincipalName`, else `sAMAccountName`; characters that the tenant refuses are dropped.
    MailNickname,
    /// The primary SMTP address of `proxyAddresses`, else `mail`.
    Mail,
    /// `telephoneNumber`, as a list of one.
    BusinessPhones,
    /// The first value of an attribute, cut at 448 characters as Entra Connect does.
    Cut(AttributeId),
    /// An attribute of Exchange: a copy for who has a `mailNickname`, and else no value.
    Exchange(AttributeId),
    /// `proxyAddresses`, with `mail` as the primary address if none is marked.
    ProxyAddresses,
    /// The DNS name of the domain that the object lies in.
    DnsDomainName,
    /// The object's name.
    DistinguishedName,
    /// Whether `groupType` says that rights can be granted to the group.
    SecurityEnabled,
}

impl Builtin {
    /// The attributes that it asks for, in the order in which they count.
    fn reads(self) -> Vec<AttributeId> {
        use well_known as a;
        match self {
            Self::UserPrincipalName => vec![a::USER_PRINCIPAL_NAME, a::SAM_ACCOUNT_NAME],
            Self::DisplayName => vec![a::DISPLAY_NAME, a::CN],
            Self::MailNickname => {
                vec![
                    a::MAIL_NICKNAME,
                    a::PROXY_ADDRESSES,
                    a::MAIL,
                    a::USER_PRINCIPAL_NAME,
                    a::SAM_ACCOUNT_NAME,
                ]
            }
            Self::Mail | Self::ProxyAddresses => vec![a::PROXY_ADDRESSES, a::MAIL],
            Self::BusinessPhones => vec![a::TELEPHONE_NUMBER],
            Self::Cut(attribute) => vec![attribute],
            Self::Exchange(attribute) => vec![a::MAIL_NICKNAME, attribute],
            Self::DnsDomainName | Self::DistinguishedName => Vec::new(),
            Self::SecurityEnabled => vec![a::GROUP_TYPE],
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum FlowSource {
    /// A plain copy: the first value, trimmed; all values for a set.
    Copy(AttributeId),
    /// A rule of the preset.
    Builtin(Builtin),
    /// An expression of the operator.
    Expression(Expression),
    /// No source: the tenant is the authority.
    None,
}

/// Where a flow was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowOrigin {
    /// Name of the `AttributeFlow` or preset.
    pub list: String,
    /// Source as written: an attribute name, an expression, or the words for a built-in rule.
    pub text: String,
}

/// One attribute mapping.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Property that is written.
    pub to: Property,
    /// Where the value comes from.
    pub source: FlowSource,
    /// Which side the property belongs to.
    pub authority: Authority,
    /// What to do without a value.
    pub missing: Missing,
    /// Where it was written.
    pub origin: FlowOrigin,
}

impl Flow {
    /// The attributes of the directory that decide the value.
    pub fn reads(&self) -> Vec<AttributeId> {
        match &self.source {
            FlowSource::Copy(attribute) => vec![*attribute],
            FlowSource::Builtin(builtin) => builtin.reads(),
            FlowSource::Expression(expression) => expression.reads(),
            FlowSource::None => Vec::new(),
        }
    }

    /// Digest of everything that decides the value.
    pub fn digest(&self) -> Digest {
        // The text of the source stands for the source: it was compiled from it.
        let Self { to, source: _, authority, missing, origin } = self;
        Digest::of_fields([format!("{to} {authority:?} {missing:?} {}", origin.text).as_bytes()])
    }
}

/// The flows of one kind of object: at most one for each property, in the order of [`Property::ALL`].
#[derive(Clone, Debug, Default)]
pub struct Flows(Vec<Flow>);

impl Flows {
    /// Combines lists: a later flow to the same property wins.
    pub fn combine(flows: impl IntoIterator<Item = Flow>) -> Self {
        let mut combined: Vec<Flow> = Vec::new();
        for flow in flows {
            match combined.iter_mut().find(|it| it.to == flow.to) {
                Some(earlier) => *earlier = flow,
                None => combined.push(flow),
            }
        }
        combined.sort_by_key(|it| it.to);
        Self(combined)
    }

    /// The flows, in the order of [`Property::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = &Flow> {
        self.0.iter()
    }

    /// The flow to one property.
    pub fn to(&self, property: Property) -> Option<&Flow> {
        self.0.iter().find(|it| it.to == property)
    }
}

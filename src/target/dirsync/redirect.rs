//! Whether a redirect of the service may be followed: the message holds a token.
//!
//! It does not follow it.

use reqwest::Url;

use super::settings::Settings;
use crate::target::access::is_loopback;

/// Domains of Microsoft's clouds in which the service moves tenants between hosts.
const CLOUDS: [&str; 3] = ["microsoftonline.com", "microsoftonline.us", "microsoftonline.cn"];

/// The address to go to, or why not.
pub(super) fn followed(settings: &Settings, to: &str) -> Result<Url, &'static str> {
    let configured = &settings.endpoints.provisioning;
    let url = Url::parse(to).map_err(|_| "it is no address")?;
    let host = url.host_str().filter(|it| !it.is_empty()).ok_or("it names no host")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user name or password");
    }
    if url.fragment().is_some() {
        return Err("it has a fragment");
    }
    match url.scheme() {
        "https" => (),
        "http" if is_loopback(&url) && is_loopback(configured) => (),
        _ => return Err("it is not https"),
    }
    let own = configured.host_str().unwrap_or_default();
    let suffix = settings.redirect_suffix.as_deref();
    let suffix = suffix.or_else(|| CLOUDS.into_iter().find(|it| is_below(own, it)));
    if host == own || suffix.is_some_and(|it| is_below(host, it)) {
        return Ok(url);
    }
    Err("the host is in another domain")
}

/// Whether a host is in a domain.
pub(super) fn is_below(host: &str, domain: &str) -> bool {
    host.eq_ignore_ascii_case(domain)
        || host.len().checked_sub(domain.len() + 1).is_some_and(|at| {
            host.as_bytes()[at] == b'.' && host.as_bytes()[at + 1..].eq_ignore_ascii_case(domain.as_bytes())
        })
}

/// An address as errors show it: whatever else it holds may be meant to mislead.
pub(super) fn shown(to: &str) -> String {
    let end = to.find(['?', '#']).unwrap_or(to.len());
    // What stands before an `@` may be a password.
    let address = to[..end].rsplit('@').next().unwrap_or_default();
    address.chars().take(200).map(|it| if it.is_ascii_graphic() { it } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Secret;
    use crate::target::access::{App, Credential};
    use crate::target::dirsync::Endpoints;

    fn settings(service: &str, suffix: Option<&str>) -> Settings {
        let credential = Credential::ClientSecret(Secret::new(String::new()));
        let app = App { tenant: "t".to_owned(), client_id: "c".to_owned(), credential };
        let endpoints = Endpoints::explicit("https://login.example", service).unwrap();
        let mut settings = Settings::new(endpoints, app, Arc::new(jiff::Timestamp::default));
        settings.redirect_suffix = suffix.map(str::to_owned);
        settings
    }

    fn check(service: &str, suffix: Option<&str>, to: &str) -> Result<(), &'static str> {
        followed(&settings(service, suffix), to).map(drop)
    }

    #[test]
    fn a_token_goes_only_to_hosts_of_the_same_domain() {
        let service = "https://adminwebservice.microsoftonline.com/provisioningservice.svc";
        assert_eq!(check(service, None, "https://adminwebservice-s1.microsoftonline.com/x.svc"), Ok(()));
        assert_eq!(check(service, None, "https://ADMIN.MicrosoftOnline.COM:444/"), Ok(()));
        // A backslash ends the host, as a slash does (URL Standard, 4.4).
        let to = "https://adminwebservice.microsoftonline.com\\@evil.example/";
        assert_eq!(followed(&settings(service, None), to).unwrap().domain(), service[8..].split('/').next());
        for (to, why) in [
            ("http://adminwebservice.microsoftonline.com/", "it is not https"),
            ("http://127.0.0.1/", "it is not https"),
            ("https://evilmicrosoftonline.com/", "the host is in another domain"),
            ("https://microsoftonline.com.evil.example/", "the host is in another domain"),
            ("https://microsoftonline.com@evil.example/", "it holds a user name or password"),
            ("file:///etc/passwd", "it names no host"),
            ("//evil.example", "it is no address"),
            ("", "it is no address"),
        ] {
            assert_eq!(check(service, None, to), Err(why), "{to}");
        }
    }

    #[test]
    fn elsewhere_only_the_host_itself_or_the_domain_of_the_settings_is_good() {
        let service = "https://sync.contoso.example/p.svc";
        assert_eq!(check(service, None, "https://sync.contoso.example/other"), Ok(()));
        assert!(check(service, None, "https://sync2.contoso.example/p.svc").is_err());
        assert_eq!(check(service, Some("contoso.example"), "https://sync2.contoso.example/p.svc"), Ok(()));
        assert!(check(service, Some("contoso.example"), "https://fabrikam.example/p.svc").is_err());
        assert_eq!(check("http://127.0.0.1:1/a", None, "http://127.0.0.1:2/b"), Ok(()));
        assert!(check("http://127.0.0.1:1/a", None, "http://localhost:2/b").is_err());
    }
}

//! Which client versions the service serves: XML inside a string.
//!
//! Its exact form is not known, so values are found by name, as elements or as attributes.

/// What the service says about client versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The XML as it came.
    pub xml: String,
}

impl Capabilities {
    /// Oldest version that is served.
    pub fn minimum_version(&self) -> Option<&str> {
        self.value("MinimumProductVersion")
    }

    /// Newest version.
    pub fn latest_version(&self) -> Option<&str> {
        self.value("LatestProductVersion")
    }

    /// Versions that are refused, as the service lists them.
    pub fn refused_versions(&self) -> Option<&str> {
        self.value("BlackList")
    }

    /// The text of the first element or attribute with this name.
    fn value(&self, name: &str) -> Option<&str> {
        let found = self.xml.match_indices(name).find_map(|(at, _)| {
            let (before, after) = (self.xml.get(..at)?, self.xml.get(at + name.len()..)?);
            if before.ends_with('<') || before.ends_with(':') {
                let inside = after.get(after.find('>')? + 1..)?;
                return inside.get(..inside.find('<')?);
            }
            let quoted = after.trim_start().strip_prefix('=')?.trim_start();
            let quote = quoted.chars().next().filter(|it| "\"'".contains(*it))?;
            quoted.get(1..)?.split(quote).next()
        });
        found.map(str::trim).filter(|it| !it.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_either_form() {
        for xml in [
            "<A><c:MinimumProductVersion x=\"1\">2.5.79.0</c:MinimumProductVersion></A>",
            "<A MinimumProductVersion = '2.5.79.0'/>",
        ] {
            let capabilities = Capabilities { xml: xml.to_owned() };
            assert_eq!(capabilities.minimum_version(), Some("2.5.79.0"));
            assert_eq!(capabilities.latest_version(), None);
        }
        for xml in [
            "BlackList",
            "<BlackList",
            "<BlackList>",
            "<BlackList></BlackList>",
            "BlackList=\"",
            "BlackList=é",
        ] {
            assert_eq!(Capabilities { xml: xml.to_owned() }.refused_versions(), None, "{xml}");
        }
    }
}

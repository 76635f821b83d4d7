//! Whole messages in both forms: a reader and a writer that others wrote made the binary ones.

use super::tree::{Node, hex};

pub(crate) const VECTORS: [(&str, &str, &str); 4] = [
    (
        "GetCompanyConfiguration",
        include_str!("../../../vectors/provisioning/req_GetCompanyConfiguration.xml"),
        include_str!("../../../vectors/provisioning/req_GetCompanyConfiguration.msbin1.hex"),
    ),
    (
        "ProvisionAzureADSyncObjects2",
        include_str!("../../../vectors/provisioning/req_ProvisionAzureADSyncObjects2.xml"),
        include_str!("../../../vectors/provisioning/req_ProvisionAzureADSyncObjects2.msbin1.hex"),
    ),
    (
        "ProvisionCredentials",
        include_str!("../../../vectors/provisioning/req_ProvisionCredentials.xml"),
        include_str!("../../../vectors/provisioning/req_ProvisionCredentials.msbin1.hex"),
    ),
    (
        "BindingRedirectionFault",
        include_str!("../../../vectors/provisioning/rsp_BindingRedirectionFault_SYNTHETIC.xml"),
        include_str!("../../../vectors/provisioning/rsp_BindingRedirectionFault_SYNTHETIC.msbin1.hex"),
    ),
];

#[test]
fn the_binary_form_says_what_the_text_form_says() {
    for (name, xml, binary) in VECTORS {
        assert_eq!(Node::decode(&hex(binary)).unwrap(), Node::parse(xml), "{name}");
    }
}

#[test]
fn the_text_form_becomes_the_same_bytes() {
    for (name, xml, binary) in VECTORS {
        assert_eq!(Node::parse(xml).encode().unwrap(), hex(binary), "{name}");
    }
}

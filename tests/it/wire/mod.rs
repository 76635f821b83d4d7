//! The codecs, on good and on hostile input.

mod drs;
mod hostile;
mod ldif;
mod nbfx;
mod odata;
mod password;
mod provisioning;
mod spnego;

//! The codecs, on good and on hostile input.

mod hostile;
mod ldif;
mod nbfx;
mod odata;
mod provisioning;

//! The codecs.

mod ldif;
mod odata;

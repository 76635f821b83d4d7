//! The codecs.

mod odata;

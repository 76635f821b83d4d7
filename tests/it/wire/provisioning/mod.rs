//! The messages of the provisioning web service, from either side.

mod answers;
mod fixture;
mod hostile;
mod requests;
mod text;

//! The client of Entra Connect's endpoint, against small servers that follow a script.

mod answers;
mod attributes;
mod batches;
mod features;
mod password_pages;
mod passwords;
mod salting;
mod same_sign_on;
mod script;
mod steps;
mod trouble;

//! A run that is killed: before every request, after everything that the tenant has written, and after every write of the
//! records. The next run brings everything to the same end, and nothing is done twice.
//!
//! All moments are tried, one after the other, each from the same beginning.

mod door;
mod gate;
mod world;

use self::door::Writes;
use self::gate::Moment;
use self::world::{Channel, Company};

/// More than any run here asks or writes: what goes on for longer does not end.
const MOMENTS_MAX: usize = 500;

fn killed_at_every_request(channel: Channel, moment: Moment) {
    let company = Company::found(channel);
    let wanted = company.undisturbed();
    for number in 0..MOMENTS_MAX {
        let (program, gate) = company.copy();
        gate.stop_at(number, moment);
        gate.open();
        let child = program.command(channel.arguments()).spawn().unwrap();
        let place = format!("killed at request {number}, {moment:?}");
        if !gate.kill_when_stopped(child) {
            assert!(5 < number, "{place}: too few requests");
            return;
        }
        company.resume(&program, gate, &wanted, &place);
    }
    panic!("it asks without end");
}

/// What was created and is on no record leaves the directory before anybody looks again.
fn killed_before_the_new_leave(channel: Channel) {
    let company = Company::found(channel);
    let wanted = company.without_the_new();
    for number in 0..MOMENTS_MAX {
        let (program, gate) = company.copy();
        gate.stop_at(number, Moment::After);
        gate.open();
        let child = program.command(channel.arguments()).spawn().unwrap();
        let place = format!("killed after request {number}, then the new leave");
        if !gate.kill_when_stopped(child) {
            assert!(5 < number, "{place}: too few requests");
            return;
        }
        company.resume_without_the_new(&program, gate, &wanted, &place);
    }
    panic!("it asks without end");
}

fn killed_after_every_write(channel: Channel) {
    let company = Company::found(channel);
    let wanted = company.undisturbed();
    let mut number = 0;
    for _ in 0..MOMENTS_MAX {
        let (program, gate) = company.copy();
        let place = format!("killed after {number} writes of the records");
        match door::kill_after(&program, &gate, channel.arguments(), number) {
            Writes::Ended => {
                assert!(5 < number, "{place}: too few writes");
                return;
            }
            Writes::Missed => (),
            Writes::Killed => {
                company.resume(&program, gate, &wanted, &place);
                number += 1;
            }
        }
    }
    panic!("it writes without end");
}

#[test]
fn a_run_that_is_killed_before_any_request_is_done_is_brought_to_its_end_by_the_next() {
    killed_at_every_request(Channel::Graph, Moment::Before);
}

#[test]
fn a_run_that_is_killed_after_any_request_was_done_does_nothing_twice() {
    killed_at_every_request(Channel::Graph, Moment::After);
}

#[test]
fn a_run_that_is_killed_after_any_write_of_its_records_loses_nobody() {
    killed_after_every_write(Channel::Graph);
}

#[test]
fn an_export_that_is_killed_before_any_request_is_done_is_brought_to_its_end_by_the_next() {
    killed_at_every_request(Channel::DirectorySync, Moment::Before);
}

#[test]
fn an_export_that_is_killed_after_any_request_was_done_does_nothing_twice() {
    killed_at_every_request(Channel::DirectorySync, Moment::After);
}

#[test]
fn what_a_killed_run_created_is_removed_if_the_directory_has_lost_it_by_then() {
    killed_before_the_new_leave(Channel::Graph);
}

#[test]
fn what_a_killed_export_created_is_removed_if_the_directory_has_lost_it_by_then() {
    killed_before_the_new_leave(Channel::DirectorySync);
}

#[test]
fn an_export_that_is_killed_after_any_write_of_its_records_loses_nobody() {
    killed_after_every_write(Channel::DirectorySync);
}

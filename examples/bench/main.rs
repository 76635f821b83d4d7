//! How fast planning, reading and rendering are, and how much memory they take: `cargo run --release --example
//! bench`. Arguments: a largest number of users (100000 if none), then words of what to measure (all if none).
//!
//! It prints figures and judges none; nothing depends on them.
#![expect(clippy::print_stdout, reason = "printing figures is all that this is for")]

mod changes;
mod fleet;
mod follow;
mod measure;
mod messages;
mod secrets;
mod server;
mod world;

use std::process::{Command, Stdio};
use std::time::Duration;

use self::measure::{Job, Measured, measure};
use self::world::World;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The argument by which it calls itself.
const CHILD: &str = "--one";
const USERS_MAX: u32 = 100_000;
const USERS_MIN: u32 = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [CHILD, job, users, rule] => one(job, users, *rule == "true"),
        ["follow", users] => follow::follow(users.replace(',', "").parse().expect("a number")),
        ["tenants", count] => fleet::serve(count.parse().expect("a number")),
        ["export", users] => server::export(sized(users)),
        ["attributes"] => println!("{}", server::attributes(sized("1000")).join("\n")),
        ["ldap", server, ca_file, user, password] => {
            let (objects, time) = server::read(server, ca_file, user, password);
            println!("{objects} objects, {:.2} s", time.as_secs_f64());
        }
        ["secrets", server, host, user, password] => secrets::read(server, host, user, password),
        ["fingerprint"] => secrets::fingerprint(),
        ["salt"] => secrets::salt(),
        [] => table(USERS_MAX, &[]),
        [users, jobs @ ..] => match users.replace(',', "").parse() {
            Ok(users) => table(users, jobs),
            Err(_) => table(USERS_MAX, &[&[*users], jobs].concat()),
        },
    }
}

fn sized(users: &str) -> World {
    World { users: users.parse().expect("a number"), house_rule: false }
}

fn one(job: &str, users: &str, house_rule: bool) {
    let job = Job::ALL.into_iter().find(|it| it.word() == job).expect("a word of the table");
    let world = World { users: users.parse().expect("a number"), house_rule };
    let Measured { time, peak_kb, amount } = measure(job, world);
    println!("{} {peak_kb} {amount}", time.as_nanos());
}

fn table(users_max: u32, wanted: &[&str]) {
    for job in Job::ALL.into_iter().filter(|it| wanted.is_empty() || wanted.contains(&it.word())) {
        for house_rule in [false, true].into_iter().filter(|it| !it || job.plans()) {
            let mut smaller: Option<Duration> = None;
            let mut users = USERS_MIN.min(users_max);
            while users <= users_max {
                let world = World { users, house_rule };
                let measured = child(job, world);
                line(job, world, measured, smaller);
                smaller = Some(measured.time);
                users *= 10;
            }
        }
    }
}

/// Measures in a process of its own.
fn child(job: Job, world: World) -> Measured {
    let program = std::env::current_exe().expect("this program");
    let users = world.users.to_string();
    let rule = world.house_rule.to_string();
    let mut command = Command::new(program);
    command.args([CHILD, job.word(), &users, &rule]).stderr(Stdio::inherit());
    let output = command.output().expect("this program again");
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    let [nanoseconds, peak_kb, amount] =
        numbers.try_into().expect("three numbers, or a reason on the standard error");
    let amount = usize::try_from(amount).expect("it was one");
    Measured { time: Duration::from_nanos(nanoseconds), peak_kb, amount }
}

fn line(job: Job, world: World, measured: Measured, smaller: Option<Duration>) {
    let Measured { time, peak_kb, amount } = measured;
    let rule = if world.house_rule { ", with a CEL rule" } else { "" };
    let size = format!(
        "{} users + {} groups + {} memberships",
        grouped(world.users as usize),
        grouped(world.users as usize / 10),
        grouped(world.memberships())
    );
    let amount = match job {
        Job::Snapshot => String::new(),
        Job::FirstPlan | Job::RepeatedPlan | Job::ChangedPlan | Job::OneChange | Job::HundredChanges => {
            format!(", {} changes", grouped(amount))
        }
        Job::Ldif | Job::Text | Job::Json | Job::Messages => {
            let megabytes = amount / 1_000_000;
            let per_second = (amount as u128 * 1_000 / time.as_nanos().max(1)).max(1);
            format!(", {megabytes} MB, {per_second} MB/s")
        }
    };
    let growth =
        smaller.map_or_else(String::new, |it| format!(", {:.1} times as long", time.div_duration_f64(it)));
    println!(
        "{}{rule}, {size}: {:.3} s, {} MB{amount}{growth}",
        job.title(),
        time.as_secs_f64(),
        peak_kb / 1_024
    );
}

/// 1,000,000.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|it| String::from_utf8_lossy(it).into_owned());
    let all: Vec<String> =
        std::iter::once(head.to_owned()).filter(|it| !it.is_empty()).chain(groups).collect();
    all.join(",")
}

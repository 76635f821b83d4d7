//! How fast everything is that needs nothing but this program, and how much memory it takes: `cargo run --release
//! --example bench`. Arguments: a largest size (a million users if none), then words of what to measure (all if none).
//!
//! It prints figures and judges none; nothing depends on them. `benches/all.sh` calls it and measures the rest.
#![expect(clippy::print_stdout, reason = "printing figures is all that this is for")]

mod changes;
mod fleet;
mod follow;
mod jobs;
mod measure;
mod messages;
mod pages;
mod planning;
mod proxy;
mod reading;
mod records;
mod row;
mod secrets;
mod seed;
mod server;
mod world;
mod writing;

use std::process::{Command, Stdio};
use std::time::Duration;

use self::jobs::Job;
use self::measure::{Measured, peak_kb};
use self::row::{grouped, heading, row};
use self::world::World;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The argument by which it calls itself.
const CHILD: &str = "--one";
const SIZE_MAX: u32 = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [CHILD, word, size] => measure(word, sized(size)),
        ["tenants", count] => fleet::serve(count.parse().expect("a number")),
        ["export", users] => server::export(sized(users)),
        ["export-samba", users] => server::export_for_samba(sized(users)),
        ["seed", users] => server::seed(sized(users)),
        ["attributes"] => println!("{}", server::attributes(sized("1000")).join("\n")),
        ["ldap", server, ca_file, user, password] => {
            let (objects, time) = server::read(server, ca_file, user, password);
            println!("{objects} objects, {:.2} s, {} MB", time.as_secs_f64(), peak_kb() / 1_024);
        }
        ["secrets", server, host, user, password] => secrets::read(server, host, user, password),
        ["fingerprint"] => secrets::fingerprint(),
        ["salt"] => secrets::salt(),
        [] => table(SIZE_MAX, &[]),
        [size, words @ ..] => match size.replace(',', "").parse() {
            Ok(size) => table(size, words),
            Err(_) => table(SIZE_MAX, &[&[*size], words].concat()),
        },
    }
}

fn sized(users: &str) -> World {
    World { users: users.replace(',', "").parse().expect("a number"), house_rule: false }
}

fn measure(name: &str, world: World) {
    let job = jobs::ALL.iter().find(|it| it.word == name).expect("a word of the table");
    let Measured { time, peak_kb, words } = (job.run)(World { house_rule: job.house_rule, ..world });
    println!("{} {peak_kb} {words}", time.as_nanos());
}

fn table(size_max: u32, wanted: &[&str]) {
    heading();
    for job in jobs::ALL.iter().filter(|it| wanted.is_empty() || wanted.contains(&it.word)) {
        let mut smaller: Option<(u32, Measured)> = None;
        for size in job.sizes.iter().copied().filter(|it| *it <= size_max) {
            let Some(measured) = child(job, size) else { continue };
            let tenth = smaller.as_ref().filter(|it| it.0 * 10 == size);
            let counted = format!("{} {}", grouped(size as usize), job.unit);
            row(job.title, &counted, &measured, tenth.map(|it| &it.1));
            smaller = Some((size, measured));
        }
    }
}

/// Measures in a process of its own; `None` if that ended without a result, and has said why.
fn child(job: &Job, size: u32) -> Option<Measured> {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args([CHILD, job.word, &size.to_string()]).stderr(Stdio::inherit());
    let output = command.output().expect("this program again");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut parts = text.trim_end().splitn(3, ' ');
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (nanoseconds, peak_kb) = number().zip(number())?;
    let words = parts.next().unwrap_or_default().to_owned();
    Some(Measured { time: Duration::from_nanos(nanoseconds), peak_kb, words })
}

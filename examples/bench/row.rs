//! The table: a row for each measurement, in Markdown, which reads well on a terminal too.
#![expect(clippy::print_stdout, reason = "printing figures is all that this is for")]

use std::time::Duration;

use crate::measure::Measured;

/// What stands above the rows.
pub(super) fn heading() {
    println!("| what | size | time | peak memory | ratio and more |");
    println!("|---|---|---|---|---|");
}

/// One row; the measurement of a tenth of the size, if there was one, makes its ratio.
pub(super) fn row(what: &str, size: &str, measured: &Measured, tenth: Option<&Measured>) {
    let Measured { time, peak_kb, words } = measured;
    let ratio = tenth.map(|it| {
        let times = time.div_duration_f64(it.time);
        format!("x{times:.1} time, x{:.1} memory for x10", memory_ratio(*peak_kb, it.peak_kb))
    });
    let more: Vec<&str> =
        ratio.iter().map(String::as_str).chain([words.as_str()]).filter(|it| !it.is_empty()).collect();
    println!("| {what} | {size} | {} | {} MB | {} |", shown(*time), peak_kb / 1_024, more.join("; "));
}

#[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
fn memory_ratio(one: u64, other: u64) -> f64 {
    one as f64 / other.max(1) as f64
}

fn shown(time: Duration) -> String {
    if time < Duration::from_millis(10) {
        format!("{:.2} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{:.3} s", time.as_secs_f64())
    }
}

/// 1,000,000.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|it| String::from_utf8_lossy(it).into_owned());
    let all: Vec<String> =
        std::iter::once(head.to_owned()).filter(|it| !it.is_empty()).chain(groups).collect();
    all.join(",")
}

//! "Did you mean …?": the known word that is nearest to what was written.

/// Longer words are not compared: the effort grows with the square of the length.
const LENGTH_MAX: usize = 64;

/// The nearest of the known words, if one is near enough to be what was meant.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = fold(written)?;
    let limit = (written.len() / 3).max(1);
    known
        .into_iter()
        .filter_map(|it| Some((distance(&written, &fold(it)?), it)))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, it)| it)
}

/// Letters and digits in lower case: `start-tls` and `startTls` are the same word.
fn fold(word: &str) -> Option<Vec<char>> {
    if LENGTH_MAX < word.len() {
        return None;
    }
    Some(word.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect())
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(one: &[char], other: &[char]) -> usize {
    let width = other.len() + 1;
    let mut table = vec![0; (one.len() + 1) * width];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            table[i * width + j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = table[(i - 1) * width + j - 1] + usize::from(one[i - 1] != other[j - 1]);
                let best = replaced.min(table[(i - 1) * width + j] + 1).min(table[i * width + j - 1] + 1);
                let swapped = 1 < i && 1 < j && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
                if swapped { best.min(table[(i - 2) * width + j - 2] + 1) } else { best }
            };
        }
    }
    table[one.len() * width + other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let known = ["directory", "tenant", "startTls", "jobTitle"];
        assert_eq!(nearest("dirctory", known), Some("directory"));
        assert_eq!(nearest("start_tls", known), Some("startTls"));
        assert_eq!(nearest("JobTitel", known), Some("jobTitle"));
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(nearest(&"x".repeat(10_000), known), None);
    }
}

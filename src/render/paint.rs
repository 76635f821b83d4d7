//! Colours, for those who want them: meaning is always in the words and symbols too.

use std::fmt;

use anstyle::{AnsiColor, Style};

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// No escape sequences at all.
    Plain,
    /// ANSI colours.
    Colour,
}

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Added,
    Changed,
    Removed,
    Held,
    Quiet,
    Heading,
}

impl Meaning {
    fn style(self) -> Style {
        let colour = |it: AnsiColor| Style::new().fg_color(Some(anstyle::Color::Ansi(it)));
        match self {
            Self::Added => colour(AnsiColor::Green),
            Self::Changed => colour(AnsiColor::Yellow),
            Self::Removed => colour(AnsiColor::Red),
            Self::Held => colour(AnsiColor::Magenta).bold(),
            Self::Quiet => Style::new().dimmed(),
            Self::Heading => Style::new().bold(),
        }
    }
}

impl Paint {
    /// The text, coloured by what it means.
    pub(super) const fn text<T: fmt::Display>(self, meaning: Meaning, text: T) -> Painted<T> {
        Painted { paint: self, meaning, text }
    }
}

/// A text with its colour.
pub(super) struct Painted<T> {
    paint: Paint,
    meaning: Meaning,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.paint {
            Paint::Plain => self.text.fmt(f),
            Paint::Colour => {
                let style = self.meaning.style();
                write!(f, "{style}")?;
                self.text.fmt(f)?;
                write!(f, "{style:#}")
            }
        }
    }
}

//! Tables that become cards on a narrow screen: each cell then has the name of its column before it.
//!
//! The roles say what a browser forgets of a table that does not look like one.

use maud::{Markup, html};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Words(&'static str),
    Numbers(&'static str),
}

/// A table; `caption` says what it is about.
pub(super) fn table(caption: &Markup, columns: &[Column], rows: &Markup) -> Markup {
    html! {
        div.scroll {
            table role="table" {
                caption { (caption) }
                thead role="rowgroup" {
                    tr role="row" {
                        @for column in columns {
                            @match column {
                                Column::Words(name) => th role="columnheader" scope="col" { (name) },
                                Column::Numbers(name) => th.number role="columnheader" scope="col" { (name) },
                            }
                        }
                    }
                }
                tbody role="rowgroup" { (rows) }
            }
        }
    }
}

/// One row.
pub(super) fn row(cells: &Markup) -> Markup {
    html! { tr role="row" { (cells) } }
}

/// The cell that says what its row is about.
pub(super) fn head(content: &Markup) -> Markup {
    html! { th role="rowheader" scope="row" { (content) } }
}

/// A cell below the column of this name.
pub(super) fn cell(column: &str, content: &Markup) -> Markup {
    html! { td role="cell" data-label=(column) { (content) } }
}

/// A number below the column of this name; `None` is not known.
pub(super) fn count(column: &str, number: Option<usize>) -> Markup {
    let is_none = matches!(number, None | Some(0));
    html! {
        td.number.none[is_none] role="cell" data-label=(column) {
            @match number { Some(number) => (number), None => "?" }
        }
    }
}

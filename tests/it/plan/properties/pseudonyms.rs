//! Random worlds under pseudonyms, on both channels.

use proptest::prelude::*;

use super::channel::synchronised;
use super::worlds::sketches;
use super::{made, one_in};
use crate::render::pseudonymous::{check_names_nobody, in_every_form};

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn nobody_of_any_world_is_named_under_pseudonyms(sketch in sketches()) {
        for world in [made(&sketch), synchronised(&sketch, &sketch.lines(), &[true, false, true])] {
            check_names_nobody(&world, &in_every_form(&world.plan()));
        }
    }
}

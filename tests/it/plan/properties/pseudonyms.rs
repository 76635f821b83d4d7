//! Random worlds under pseudonyms.

use proptest::prelude::*;

use super::worlds::sketches;
use super::{made, one_in};
use crate::render::pseudonymous::{check_names_nobody, in_every_form};

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn nobody_of_any_world_is_named_under_pseudonyms(sketch in sketches()) {
        let world = made(&sketch);
        check_names_nobody(&world, &in_every_form(&world.plan()));
    }
}

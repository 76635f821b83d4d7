//! The stack below a computation with secrets, which is overwritten when it is done.
//!
//! It does not reach what the computation put on the heap, nor what the system saved of registers.

use zeroize::optimization_barrier;

/// Sixteen KiB: several times what PBKDF2 and the ciphers were seen to use without optimisation.
const WORDS: usize = 2048;

/// Computes, and leaves nothing of it on the stack but the result. Libraries wipe their keys, and not the copies that
/// moving made of them.
pub(in crate::wire) fn on_wiped_stack<T>(compute: impl FnOnce() -> T) -> T {
    let result = in_a_frame_of_its_own(compute);
    overwrite();
    result
}

/// Inlined, it would use the frame of the caller, which nobody overwrites.
#[inline(never)]
fn in_a_frame_of_its_own<T>(compute: impl FnOnce() -> T) -> T {
    compute()
}

#[inline(never)]
fn overwrite() {
    let below = [0_u64; WORDS];
    // Else nobody would see the zeros, and the compiler might leave them out.
    optimization_barrier(&below);
}

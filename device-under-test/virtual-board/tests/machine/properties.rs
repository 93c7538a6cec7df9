//! Laws that hold for any input.

use std::time::Duration;

use proptest::prelude::*;
use virtual_board::{BootMode, Chip, Flash, Input, Order, Setup};

use crate::bench::{bench, bench_with, framed};

/// Bytes that are mostly requests: frames with an opcode that exists and some data.
fn traffic() -> impl Strategy<Value = Vec<u8>> {
    let op = prop_oneof![2_u8..0x16, 0xd0_u8..0xd5];
    let word =
        prop_oneof![0_u32..5, Just(0x1000), Just(0x4038_0000), Just(0x4038_0004), any::<u32>()];
    let data = prop::collection::vec(word, 0..7);
    let request = (op, data).prop_map(|(op, words)| {
        let data: Vec<_> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        framed(&[&[0, op, data.len() as u8, 0, 0, 0, 0, 0][..], &data].concat())
    });
    let noise = prop::collection::vec(any::<u8>(), 0..40);
    let piece = prop_oneof![8 => request, 1 => noise];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_traffic_leaves_a_board_that_can_be_reset(
        chip in 0_usize..8, has_stub: bool, bytes in traffic(),
    ) {
        let chip = Chip::ALL[chip];
        let mut bench = bench(chip);
        if has_stub && chip == Chip::Esp32c3 {
            bench.start_stub(0x4038_0000);
        }
        bench.give(Input::Serial(bytes));
        bench.pass(Duration::from_secs(2));
        bench.reset(BootMode::Download);
        prop_assert_eq!(bench.request(0x08, &[0x55; 36]).len(), 8);
    }

    #[test]
    fn any_flash_is_booted_or_complained_about(chip in 0_usize..8, bytes: Vec<u8>, has_magic: bool) {
        let chip = Chip::ALL[chip];
        let mut flash = Flash::new();
        let mut bytes = bytes;
        if let (true, Some(first)) = (has_magic, bytes.first_mut()) {
            *first = 0xe9;
        }
        flash.program(chip.boot_offset(), &bytes).unwrap();
        let mut bench = bench_with(Setup::new(chip), flash);
        bench.order(Order::PowerRestore { into: BootMode::Run });
        bench.pass(Duration::from_secs(3));
        prop_assert!(bench.log().len() > 40);
    }

    #[test]
    fn equal_inputs_give_equal_outputs(bytes in traffic()) {
        let run = || {
            let mut bench = bench(Chip::Esp32c3);
            bench.give(Input::Serial(bytes.clone()));
            bench.pass(Duration::from_secs(2));
            (bench.heard, bench.events)
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn what_is_written_through_the_stub_is_in_the_flash(
        data in prop::collection::vec(any::<u8>(), 1..3000), sector in 0_u32..8,
    ) {
        let mut bench = bench(Chip::Esp32c3);
        let at = sector * 4096;
        bench.board.flash_mut().program(at, &[0; 4096]).unwrap();
        bench.start_stub(0x4038_0000);
        let size = data.len() as u32;
        bench.request(0x02, &crate::bench::words(&[size, 1, 0x4000, at]));
        bench.block(0x03, 0, &data);
        prop_assert_eq!(bench.board.flash().read(at, size), &data[..]);
        prop_assert_eq!(bench.board.flash().read(at + size, 1), [0xff]);
    }
}

//! Each fault of the board, as the espflash library meets it: what it says is what people read on real benches.

use std::fmt::Write;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use espflash::Error;
use espflash::flasher::Flasher;
use espflash::target::Chip as Target;
use virtual_board::shell::Running;
use virtual_board::{BootMode, Chip, Fault, Order};

use super::{Progress, bench, connect, connection, connection_at};

/// What a client does with a board that has the fault.
#[derive(Clone, Copy)]
enum Act {
    /// Connects and writes three blocks that do not compress.
    Flash,
    /// Connects, and writes when the fault has come.
    FlashOnceConnected,
    /// The same at a higher rate.
    FlashAt(u32),
    /// Opens the port, has the board reset into its loader, and connects.
    FlashAfterReset,
    /// Has the board reset into what was flashed, and connects.
    FlashWhileRunning,
    /// Connects at one rate, then anew at another one without a reset.
    SecondClientAt(u32),
    /// Erases a region.
    Erase,
}

const CASES: &[(Fault, Act)] = &[
    (Fault::AnswerLate { delay: Duration::from_millis(20) }, Act::Flash),
    (Fault::AnswerLate { delay: Duration::from_secs(1) }, Act::Flash),
    (Fault::BadSector { sector: 1 }, Act::Flash),
    (Fault::BaudCheck, Act::SecondClientAt(460_800)),
    (Fault::BaudLimit { baud_max: 460_800 }, Act::FlashAt(460_800)),
    (Fault::BaudLimit { baud_max: 460_800 }, Act::FlashAt(921_600)),
    (Fault::Brownouts { count: 9 }, Act::FlashWhileRunning),
    (Fault::CorruptByte { after: 3 }, Act::FlashOnceConnected),
    (Fault::DropByte { after: 3 }, Act::FlashOnceConnected),
    (Fault::FadingSector { sector: 1 }, Act::Flash),
    (Fault::LoseAfterReset { bytes: 300 }, Act::FlashAfterReset),
    (Fault::Noise { bytes: 40 }, Act::FlashAfterReset),
    (Fault::Renumerate { away: Duration::from_millis(100) }, Act::FlashAfterReset),
    (Fault::SilentInFlashData { after: 0 }, Act::Flash),
    (Fault::SlowErase { sector: Duration::from_secs(60) }, Act::Erase),
    (Fault::StayInDownload, Act::FlashWhileRunning),
    (Fault::WrongBootMode { count: 1 }, Act::FlashAfterReset),
];

fn write(flasher: &mut Flasher) -> Result<(), Error> {
    let bytes: Vec<_> =
        (0..0xc000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    flasher.write_bin_to_flash(0, &bytes, &mut Progress::default())
}

fn act(board: &Running, fault: Fault, act: Act) -> Result<(), Error> {
    let target = Some(Target::Esp32c3);
    let order = |order| {
        board.order(order).expect("it runs");
    };
    if let Act::FlashOnceConnected = act {
        let mut flasher = connect(board, Target::Esp32c3, None)?;
        order(Order::Fault(fault));
        return write(&mut flasher);
    }
    order(Order::Fault(fault));
    let flasher = |connection| Flasher::connect(connection, true, true, true, target, None);
    match act {
        Act::Flash | Act::FlashOnceConnected => write(&mut connect(board, Target::Esp32c3, None)?),
        Act::FlashAt(baud) => write(&mut connect(board, Target::Esp32c3, Some(baud))?),
        Act::FlashAfterReset => {
            let connection = connection(board);
            order(Order::Reset { into: BootMode::Download });
            write(&mut flasher(connection)?)
        }
        Act::FlashWhileRunning => {
            order(Order::Reset { into: BootMode::Run });
            write(&mut connect(board, Target::Esp32c3, None)?)
        }
        Act::SecondClientAt(baud) => {
            drop(connect(board, Target::Esp32c3, None)?);
            write(&mut flasher(connection_at(board, baud))?)
        }
        Act::Erase => connect(board, Target::Esp32c3, None)?.erase_region(0, 0x1000),
    }
}

/// An error with what caused it.
fn words(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let _always_works = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[test]
fn each_fault_is_met_by_espflash_with_its_own_words() {
    let meet = |(fault, what): (Fault, Act)| {
        let board = bench(Chip::Esp32c3);
        let met = panic::catch_unwind(AssertUnwindSafe(|| act(&board, fault, what)));
        let met = match met {
            Ok(Ok(())) => "done".to_owned(),
            Ok(Err(error)) => words(&error),
            // On some answers that are damaged it does.
            Err(_) => "espflash panics".to_owned(),
        };
        format!("{fault:?}: {met}\n")
    };
    // They wait for a chip that does not answer, so they wait together.
    let text: String = thread::scope(|scope| {
        let threads: Vec<_> = CASES.iter().map(|case| scope.spawn(move || meet(*case))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    });
    insta::assert_snapshot!(text);
}

//! The NVS partition: laws that hold for any contents, and a board that is provisioned by it.

use std::sync::Arc;

use proptest::prelude::*;
use shadowrig::board::port::{PortName, PortOptions, SerialPort};
use shadowrig::board::serial::{Recipe, SerialBoard};
use shadowrig::board::virtual_pins::VirtualPins;
use shadowrig::board::{Board, Sink};
use shadowrig::engine::ActionError;
use shadowrig::flash::image::Part;
use shadowrig::flash::{Source, connect};
use shadowrig::nvs::{Contents, PAGE_BYTES, ReadError, Value, WriteError};
use shadowrig::scenario::plan::{Erase, Firmware};
use shadowrig::scenario::provision::Setting;
use virtual_board::shell::{Options, Running, Way};
use virtual_board::{BootMode, Chip, Flash, Order, Provisioning, Setup, image};

/// The common table has it there.
const NVS: (u32, u32) = (0x9000, 0x6000);

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u8>().prop_map(Value::U8),
        any::<i16>().prop_map(Value::I16),
        any::<u32>().prop_map(Value::U32),
        any::<i64>().prop_map(Value::I64),
        proptest::collection::vec(1..=255_u8, 0..300).prop_map(Value::Text),
        proptest::collection::vec(any::<u8>(), 0..5000).prop_map(Value::Blob),
    ]
}

fn any_contents() -> impl Strategy<Value = Contents> {
    proptest::collection::vec(("[a-c]{1,3}", "[a-z0-9.]{1,15}", any_value()), 0..40).prop_map(
        |items| {
            let mut contents = Contents::default();
            for (namespace, key, value) in items {
                contents.set(&namespace, &key, value).expect("they fit");
            }
            contents
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(contents in any_contents()) {
        match contents.write(32 * PAGE_BYTES) {
            Ok(bytes) => {
                prop_assert!(Contents::read(&bytes) == Ok(contents));
                // ESP-IDF needs an erased page to work with.
                prop_assert!(bytes[31 * PAGE_BYTES..].iter().all(|byte| *byte == 0xff));
            }
            Err(error) => prop_assert!(matches!(error, WriteError::Full { .. }), "{error}"),
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..3 * PAGE_BYTES)) {
        let _ = Contents::read(&bytes);
        // With a good head, so that what is behind it is looked at.
        let good = Contents::default();
        let mut head = good.clone();
        head.set("a", "b", Value::U8(1)).expect("it fits");
        let page = head.write(3 * PAGE_BYTES).expect("it fits");
        if bytes.len() >= 32 {
            bytes[..32].copy_from_slice(&page[..32]);
        }
        let _ = Contents::read(&bytes);
    }

    #[test]
    fn what_a_power_cut_damages_costs_no_other_value(at in 64..4096_usize, bit in 0..8_u32) {
        let mut contents = Contents::default();
        for index in 0..40_u8 {
            contents.set("app", &format!("key{index}"), Value::Text(vec![b'a' + index % 26; 40])).expect("it fits");
        }
        let whole = contents.write(8 * PAGE_BYTES).expect("it fits");
        let mut bytes = whole;
        bytes[at] ^= 1 << bit;
        let read = Contents::read(&bytes).expect("the rest is there");
        let lost = contents.items().iter().filter(|item| !read.items().contains(item)).count();
        // The name of the namespace is an entry like others: without it nobody finds what is in it.
        prop_assert!(lost <= 1 || (64..96).contains(&at), "{lost} are lost");
        prop_assert!(read.items().iter().all(|item| contents.items().contains(item)));
    }
}

#[test]
fn the_later_of_two_values_counts_and_a_blob_without_a_chunk_is_none() {
    let of = |value: Value| {
        let mut contents = Contents::default();
        contents.set("app", "key", value).expect("it fits");
        contents.write(3 * PAGE_BYTES).expect("it fits")
    };
    let (first, second) = (of(Value::U8(1)), of(Value::U8(2)));
    // The second page has a higher number, as after a power cut between writing and taking back.
    let mut both = first[..PAGE_BYTES].to_vec();
    let mut later = Contents::default();
    later.set("app", "pad", Value::Blob(vec![7; 4000])).expect("it fits");
    later.set("app", "key", Value::U8(2)).expect("it fits");
    let long = later.write(4 * PAGE_BYTES).expect("it fits");
    both.extend_from_slice(&long[PAGE_BYTES..2 * PAGE_BYTES]);
    let read = Contents::read(&both).expect("it can be read");
    assert_eq!(read.get("app", "key"), Some(&Value::U8(2)));
    assert_eq!(read.get("app", "pad"), None, "its first chunk is on another page");
    assert_ne!(first, second);
}

#[test]
fn what_cannot_be_kept_as_it_is_is_refused() {
    let mut contents = Contents::default();
    contents.set("app", "key", Value::U8(1)).expect("it fits");
    let good = contents.write(3 * PAGE_BYTES).expect("it fits");
    let mut encrypted = good.clone();
    encrypted[64..128].iter_mut().for_each(|byte| *byte ^= 0x5a);
    assert_eq!(Contents::read(&encrypted), Err(ReadError::NothingWhole { entries: 2 }));
    assert_eq!(contents.write(2 * PAGE_BYTES), Err(WriteError::BadSize { bytes: 2 * PAGE_BYTES }));
    assert!(contents.set("a-name-of-sixteen", "key", Value::U8(1)).is_err());
    assert!(contents.set("app", "", Value::U8(1)).is_err());
    assert!(contents.set("app", "key", Value::Text(vec![b'a'; 4000])).is_err());
    assert!(contents.set("app", "key", Value::Text(vec![0])).is_err());
}

#[test]
fn espressifs_own_partition_is_read_and_written_to_the_byte() {
    let text = include_str!("../../../fixtures/nvs/espressif.hex");
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16).map(|digit| u8::try_from(digit).expect("below 16")))
        .collect();
    let mut partition: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    partition.resize(NVS.1 as usize, 0xff);
    let contents = Contents::read(&partition).expect("it can be read");
    let text = |text: &str| Value::Text(text.as_bytes().to_vec());
    assert_eq!(contents.get("wifi", "ssid"), Some(&text("lab-2g")));
    assert_eq!(contents.get("cloud", "port"), Some(&Value::U16(8443)));
    assert_eq!(contents.get("cloud", "offset"), Some(&Value::I32(-5)));
    assert_eq!(contents.get("cloud", "ca"), Some(&Value::Blob((0..=255).collect())));
    assert!(contents.write(partition.len()) == Ok(partition));
}

/// A board with a firmware that is not ours on it, and the way to look into its flash.
struct Bench {
    running: Arc<Running>,
    board: SerialBoard,
}

impl Bench {
    fn new() -> Self {
        let options = Options { has_pty: true, ..Options::default() };
        let running = Running::start(Setup::new(Chip::Esp32c3), Flash::new(), &options);
        let running = Arc::new(running.expect("it starts"));
        Self { board: rig(&running), running }
    }

    fn port(running: &Running) -> PortName {
        let [Way::Pty(path)] = running.ways() else {
            panic!("it has one way: {:?}", running.ways())
        };
        PortName::Device(path.clone())
    }

    /// What is in its NVS partition, and whether these bytes stand anywhere in it.
    fn nvs(&self, wanted: &str) -> (Contents, bool) {
        let mut port = SerialPort::open(&Self::port(&self.running), &PortOptions::default())
            .expect("it opens");
        let mut pins = VirtualPins(Arc::clone(&self.running));
        let mut loader = connect(&mut port, &mut pins, &mut |_| {}).expect("it answers");
        let identity = loader.identify().expect("it is known");
        let bytes = loader.read_nvs(&identity, NVS).expect("it can be read");
        let stands = bytes.windows(wanted.len()).any(|at| at == wanted.as_bytes());
        (Contents::read(&bytes).expect("it can be read"), stands)
    }

    /// A rig that does not come to take off what it told: the board has no power when it ends. Another one comes.
    fn is_killed(&mut self) {
        self.running.order(Order::PowerCut).expect("it runs");
        self.board.stop();
        self.running.order(Order::PowerRestore { into: BootMode::Run }).expect("it runs");
        self.board = rig(&self.running);
    }
}

/// The rig's side of a board that runs a firmware which is not ours.
fn rig(running: &Arc<Running>) -> SerialBoard {
    let (sink, _) = Sink::new();
    let recipe = Recipe {
        name: "board".into(),
        port: Bench::port(running),
        options: PortOptions::default(),
        pins: Box::new(VirtualPins(Arc::clone(running))),
        chip: None,
        mac: None,
        images: Box::new(|_, _| {
            let parts = image::bundle(Chip::Esp32c3, "my-firmware", "1.0").into_iter();
            let parts = parts.map(|part| Part {
                offset: part.offset,
                bytes: part.bytes,
                name: "my-firmware".into(),
            });
            Ok::<_, ActionError>(Source::Parts { parts: parts.collect(), chip: None })
        }),
        settings: Provisioning {
            endpoint: Some("http://192.0.2.1:1".into()),
            ..Provisioning::default()
        },
    };
    SerialBoard::new(recipe, sink)
}

fn secret(namespace: &str, key: &str, text: &str) -> Setting {
    Setting {
        namespace: namespace.into(),
        key: key.into(),
        kind: "string".into(),
        text: text.into(),
        is_secret: true,
    }
}

fn firmware(erase: Erase, provision: Vec<Setting>) -> Firmware {
    Firmware { erase, provision, ..Firmware::of_image("my-firmware") }
}

#[test]
fn a_provisioned_board_has_its_keys_and_loses_them_at_the_end() {
    let mut bench = Bench::new();
    let told = firmware(Erase::State, vec![secret("cloud", "secret", "opensesame")]);
    bench.board.flash(&told).expect("it is flashed");
    bench.is_killed();
    let (contents, stands) = bench.nvs("opensesame");
    assert!(stands);
    assert_eq!(contents.get("cloud", "secret"), Some(&Value::Text(b"opensesame".to_vec())));
    // The next run takes off what is left, and keeps what is not its own.
    let more = firmware(Erase::Nothing, vec![secret("wifi", "password", "hunter22")]);
    bench.board.flash(&more).expect("it is flashed");
    bench.board.stop();
    let (contents, stands) = bench.nvs("opensesame");
    assert!(contents.is_empty() && !stands, "{contents:?}");
    assert!(!bench.nvs("hunter22").1);
}

#[test]
fn what_a_killed_run_left_goes_with_the_next_one_of_our_own_things_too() {
    let mut bench = Bench::new();
    let told = firmware(Erase::State, vec![secret("cloud", "secret", "opensesame")]);
    bench.board.flash(&told).expect("it is flashed");
    bench.is_killed();
    bench.board.flash(&firmware(Erase::Nothing, Vec::new())).expect("it is flashed");
    bench.board.stop();
    let (contents, stands) = bench.nvs("opensesame");
    assert!(contents.is_empty() && !stands, "{contents:?}");
}

#[test]
fn keys_that_were_there_survive() {
    let mut bench = Bench::new();
    let mut kept = Contents::default();
    kept.set("app", "count", Value::U32(7)).expect("it fits");
    kept.set("wifi", "ssid", Value::Text(b"home".to_vec())).expect("it fits");
    // A firmware that was provisioned by hand.
    let by_hand = Part {
        offset: NVS.0,
        bytes: kept.write(NVS.1 as usize).expect("it fits"),
        name: "nvs".into(),
    };
    let mut port =
        SerialPort::open(&Bench::port(&bench.running), &PortOptions::default()).expect("it opens");
    let mut pins = VirtualPins(Arc::clone(&bench.running));
    let identity = connect(&mut port, &mut pins, &mut |_| {})
        .and_then(|mut loader| loader.identify())
        .expect("it is known");
    let job = shadowrig::flash::Job {
        parts: &[by_hand],
        erase: shadowrig::flash::EraseFirst::Nothing,
        rewrite: shadowrig::flash::Rewrite::Always,
        baud_max: None,
        rates: None,
        wears: None,
    };
    shadowrig::flash::write(&mut port, &mut pins, &identity, &job, &mut |_| {})
        .expect("it is written");
    drop(port);
    let told = firmware(Erase::Nothing, vec![secret("wifi", "ssid", "the-lab")]);
    bench.board.flash(&told).expect("it is flashed");
    bench.board.stop();
    let (contents, stands) = bench.nvs("the-lab");
    assert!(!stands);
    assert_eq!(contents, kept);
}

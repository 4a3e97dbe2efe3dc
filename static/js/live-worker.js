// A SharedWorker: one stream of events for all the tabs of a browser (a browser has six connections a host).

const ports = new Set();
let source = null;
let address = "";
let reached = ""; // the id of the last event: how far each mailbox has got

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function open() {
  source?.close();
  source = new EventSource(address);
  for (const kind of ["hello", "changed"]) {
    source.addEventListener(kind, (event) => {
      reached = event.lastEventId;
      tell({ kind, mailboxes: JSON.parse(event.data), reached });
    });
  }
  source.addEventListener("present", (event) => tell({ kind: "present", present: JSON.parse(event.data) }));
  source.addEventListener("service", (event) => tell({ kind: "service", state: JSON.parse(event.data) }));
  source.addEventListener("end", () => {
    source.close();
    source = null;
    tell({ kind: "ended" });
    setTimeout(() => ports.size && !source && open(), 1500); // rights changed: come back with the new ones
  });
  source.addEventListener("error", () => {
    if (source?.readyState === EventSource.CLOSED) {
      source = null;
      tell({ kind: "closed" });
      setTimeout(() => ports.size && !source && open(), 15000);
    }
  });
}

self.addEventListener("connect", (event) => {
  const [port] = event.ports;
  ports.add(port);
  port.addEventListener("message", ({ data }) => {
    if (data.kind === "open") {
      address = data.address;
      if (!source) open();
      else if (reached) port.postMessage({ kind: "hello", mailboxes: [], reached });
    }
    if (data.kind === "bye") {
      ports.delete(port);
      if (!ports.size) {
        source?.close();
        source = null;
      }
    }
  });
  port.start();
});

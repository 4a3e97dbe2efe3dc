// A SharedWorker: one stream of events for all the tabs of a browser (a browser has six connections a host).

const ports = new Set();
let source = null;
let address = "";

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function open() {
  source?.close();
  source = new EventSource(address);
  source.addEventListener("hello", (event) => tell({ kind: "hello", mailboxes: JSON.parse(event.data) }));
  source.addEventListener("changed", (event) => tell({ kind: "changed", mailboxes: JSON.parse(event.data) }));
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

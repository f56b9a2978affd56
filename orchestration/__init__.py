"""When and in what order. Assembly only: what is read, judged, learnt and shown lives in the other rooms."""
